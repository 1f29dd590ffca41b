/* Two things that a page can do better with a script: stay live, and answer while a rule is typed.  Without it all works. */
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);

  /* A part is left alone while it holds the focus or the selection: nobody's place is taken from under his hands. */
  const busy = (part) => part.contains(document.activeElement) && document.activeElement !== document.body ||
    !getSelection().isCollapsed && part.contains(getSelection().anchorNode);

  const put = (id, html) => {
    const part = byId(id);
    if (!part || busy(part)) return;
    part.innerHTML = html;
  };

  const live = document.body.dataset.live;
  let stream = null;
  const tell = (text) => { const state = byId("state"); if (state) state.textContent = text; };
  const open = () => {
    if (!live || stream || document.hidden || !window.EventSource) return;
    stream = new EventSource("events?page=" + encodeURIComponent(live));
    stream.onopen = () => tell("live");
    /* A browser tries again by itself where nothing answers, and never where something says no. */
    stream.onerror = () => {
      tell("not live; trying again");
      if (!stream || stream.readyState !== EventSource.CLOSED) return;
      stream = null;
      setTimeout(open, 3000);
    };
    stream.addEventListener("part", (event) => {
      const cut = event.data.indexOf("\n");
      put(event.data.slice(0, cut), event.data.slice(cut + 1));
    });
    stream.addEventListener("as-of", (event) => { byId("as-of").textContent = event.data; });
    stream.addEventListener("title", (event) => { document.title = event.data; });
    stream.addEventListener("icon", (event) => { document.querySelector("link[rel=icon]").href = "assets/" + event.data; });
  };
  const close = () => { if (stream) stream.close(); stream = null; tell("paused"); };
  document.addEventListener("visibilitychange", () => document.hidden ? close() : open());
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  open();

  const form = document.querySelector("form[data-preview]");
  if (form) {
    let timer = 0, last = null;
    const ask = async () => {
      if (last) last.abort();
      last = new AbortController();
      const query = new URLSearchParams(new FormData(form));
      try {
        const answer = await fetch(form.getAttribute("action") + "?part=preview&" + query, { signal: last.signal });
        if (!answer.ok) return;
        byId("preview").innerHTML = await answer.text();
        history.replaceState(null, "", form.getAttribute("action") + "?" + query);
      } catch (error) { /* the next key asks again */ }
    };
    form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 150); });
  }
})();
