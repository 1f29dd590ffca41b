/* The screen of a terminal; see the header. */
#include "ctl/top/terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define ESCAPE_MS  30 /* within which the rest of a key's sequence comes */
#define FRAME_MAX  (1024u * 1024)
#define WIDTH_MIN  20
#define HEIGHT_MIN 6
#define SCREEN_MAX 1000

/* The second screen, no cursor; and back. */
static const char enter[] = "\033[?1049h\033[?25l\033[2J", leave[] = "\033[0m\033[?25h\033[?1049l";

static struct termios before;
static volatile sig_atomic_t is_open, resized;
static struct strbuf shown = STRBUF(FRAME_MAX);

static void put(const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDOUT_FILENO, text, len);
		if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
}

static void restore(void)
{
	if (!is_open)
		return;
	is_open = false;
	put(leave, sizeof(leave) - 1);
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

/* ---- signals ---- */

/* Nothing that is not safe here: it may come in the midst of anything. */
static void on_end(int number)
{
	restore();
	_exit(number == SIGINT ? 0 : 128 + number);
}

static void on_size(int number)
{
	(void)number;
	resized = true;
}

static void take_screen(void)
{
	struct termios raw = before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	put(enter, sizeof(enter) - 1);
	is_open = true;
	resized = true;
}

static void on_stop(int number)
{
	int saved = errno;
	restore();
	(void)number;
	raise(SIGSTOP);
	take_screen();
	errno = saved;
}

static void handle(int number, void (*fn)(int))
{
	struct sigaction action = { .sa_handler = fn };
	(void)sigaction(number, &action, NULL);
}

/* ---- life ---- */

bool terminal_open(struct err *err)
{
	const char *term = getenv("TERM");
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
		tcgetattr(STDIN_FILENO, &before) != 0)
		return err_set(err, "this is no terminal: --once prints one screen");
	if (!term || !*term || strcmp(term, "dumb") == 0)
		return err_set(err,
			"this terminal (TERM=%s) cannot move its cursor: --once prints one screen",
			term ? term : "");
	handle(SIGINT, on_end);
	handle(SIGTERM, on_end);
	handle(SIGHUP, on_end);
	handle(SIGQUIT, on_end);
	handle(SIGTSTP, on_stop);
	handle(SIGWINCH, on_size);
	take_screen();
	return true;
}

void terminal_close(void)
{
	restore();
	strbuf_free(&shown);
}

static size_t within(size_t n, size_t least)
{
	return n < least ? least : n > SCREEN_MAX ? SCREEN_MAX : n;
}

void terminal_size(size_t *ret_width, size_t *ret_height)
{
	struct winsize size = { 0 };
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
		size = (struct winsize){ .ws_row = 24, .ws_col = 80 };
	*ret_width = within(size.ws_col, WIDTH_MIN);
	*ret_height = within(size.ws_row, HEIGHT_MIN);
}

/* ---- frames ---- */

void terminal_show(const struct strbuf *frame)
{
	struct strbuf out CLEANUP(strbuf_free) = STRBUF(2 * FRAME_MAX);
	if (frame->len == shown.len && memcmp(frame->data, shown.data, shown.len) == 0)
		return;
	strbuf_reset(&shown);
	strbuf_add(&shown, frame->data, frame->len);
	strbuf_add_text(&out, "\033[H");
	for (const char *line = frame->data; *line != '\0';) {
		size_t len = strcspn(line, "\n");
		strbuf_add(&out, line, len);
		line += len + (line[len] == '\n');
		/* Each line has the rest of its own cleared, so that none is ever empty meanwhile. */
		strbuf_add_text(&out, *line != '\0' ? "\033[0m\033[K\r\n" : "\033[0m\033[K");
	}
	strbuf_add_text(&out, "\033[J");
	put(out.data, out.len);
}

/* ---- keys ---- */

static bool has_input(int timeout_ms)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	return poll(&input, 1, timeout_ms) > 0;
}

/* -1: nobody types any more. */
static int next_byte(void)
{
	unsigned char byte;
	return read(STDIN_FILENO, &byte, 1) == 1 ? byte : -1;
}

/* What follows ESC: "[A", "OA", "[5~"; a lone ESC is the key of that name. */
static int read_sequence(void)
{
	static const struct {
		const char *text;
		int key;
	} keys[] = { { "[A", KEY_UP }, { "[B", KEY_DOWN }, { "OA", KEY_UP }, { "OB", KEY_DOWN },
		{ "[5~", KEY_PAGE_UP }, { "[6~", KEY_PAGE_DOWN } };
	char text[8] = "";
	size_t n = 0;
	while (n + 1 < sizeof(text) && has_input(ESCAPE_MS)) {
		int byte = next_byte();
		if (byte < 0)
			break;
		text[n++] = (char)byte;
		if (n > 1 && byte >= '@')
			break;
	}
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (strcmp(keys[i].text, text) == 0)
			return keys[i].key;
	return n == 0 ? KEY_ESCAPE : KEY_NONE;
}

int terminal_key(int timeout_ms)
{
	bool typed = !resized && has_input(timeout_ms);
	if (resized) {
		resized = false;
		strbuf_reset(&shown);
		return KEY_RESIZED;
	}
	if (!typed)
		return KEY_NONE;
	int byte = next_byte();
	switch (byte) {
	case -1:
		return KEY_GONE;
	case 033:
		return read_sequence();
	case '\r':
	case '\n':
		return KEY_ENTER;
	case '\t':
		return KEY_TAB;
	case 010:
	case 0177:
		return KEY_BACKSPACE;
	default:
		return byte;
	}
}
