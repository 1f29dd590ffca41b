"""A headless Chromium that looks at pages: what it complains of, how they look at widths and in schemes."""

import base64
import shutil

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

WIDTHS = {"wide": (1100, 1500), "phone": (390, 1400)}


class Browser:
    def __init__(self):
        options = webdriver.ChromeOptions()
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        options.binary_location = shutil.which("chromium")
        self.driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        self.driver.set_page_load_timeout(30)

    def look(self, scheme="light", width="wide", script=True):
        """How pages are shown from now on."""
        wide, high = WIDTHS[width]
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": wide, "height": high, "deviceScaleFactor": 1, "mobile": width == "phone"})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not script})

    def authorize(self, name, password):
        """As Basic has it, in every request."""
        token = base64.b64encode(f"{name}:{password}".encode()).decode()
        self.driver.execute_cdp_cmd("Network.enable", {})
        self.driver.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": {"Authorization": f"Basic {token}"}})

    def open(self, url):
        self.complaints()
        self.driver.get(url)

    def complaints(self):
        """What the console has since the last call: scripts that failed, what the Content-Security-Policy refused."""
        return [line["message"] for line in self.driver.get_log("browser") if line["level"] in ("SEVERE", "WARNING")]

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def run_async(self, script, *arguments):
        return self.driver.execute_async_script(script, *arguments)

    def picture(self, path):
        self.driver.save_screenshot(str(path))

    def quit(self):
        self.driver.quit()
