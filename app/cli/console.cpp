#include "app/cli/console.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/snapshot/text_form.h"

namespace app {
namespace {

std::atomic<bool> g_interrupted = false;  // a signal handler can reach nothing else

extern "C" void onInterrupt(int signal) {
  g_interrupted = true;
  std::signal(signal, SIG_DFL);
}

int widthOf(UChar32 character) {
  const int type = u_charType(character);
  if (type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK || type == U_FORMAT_CHAR) return 0;
  const int width = u_getIntPropertyValue(character, UCHAR_EAST_ASIAN_WIDTH);
  return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
}

// The first characters of `text` that fit into `columns`.
std::string_view fitting(std::string_view text, int columns) {
  int32_t at = 0;
  while (at < static_cast<int32_t>(text.size())) {
    int32_t next = at;
    UChar32 character = 0;
    U8_NEXT_OR_FFFD(text.data(), next, static_cast<int32_t>(text.size()), character);
    columns -= widthOf(character);
    if (columns < 0) break;
    at = next;
  }
  return text.substr(0, static_cast<size_t>(at));
}

}  // namespace

core::Status print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size()) return {};
  return core::fail("standard output: cannot write: {}", std::strerror(errno));
}

core::Status flushOutput() {
  if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return {};
  return core::fail("standard output: cannot write: {}", std::strerror(errno));
}

void widenOutput() {
#ifdef F_SETPIPE_SZ
  constexpr int kDocument = 1 << 20;
  fcntl(STDOUT_FILENO, F_SETPIPE_SZ, kDocument);  // no pipe, or not allowed: it stays as it is
#endif
}

void say(std::string_view text) {
  std::fflush(stdout);
  const std::string line = fmt::format("expertscope: {}\n", text);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

Styles outputStyles() {
  const char* off = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool dumb = !terminal || std::strcmp(terminal, "dumb") == 0;
  if (!isatty(STDOUT_FILENO) || dumb || (off && *off)) return {};
  return {"\x1b[1m", "\x1b[2m", "\x1b[9;31m", "\x1b[36m", "\x1b[0m"};
}

int outputColumns() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

std::string visibleText(std::string_view text) {
  std::string out;
  for (const char c : core::validUtf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  // C1 controls are characters of two bytes: some terminals obey them.
  for (size_t at = 0; (at = out.find('\xc2', at)) != std::string::npos && at + 1 < out.size(); ++at) {
    if (static_cast<unsigned char>(out[at + 1]) < 0xa0) out.replace(at, 2, "\xef\xbf\xbd");
  }
  return out;
}

int columnsOf(std::string_view utf8) {
  int columns = 0;
  for (int32_t at = 0; at < static_cast<int32_t>(utf8.size());) {
    UChar32 character = 0;
    U8_NEXT_OR_FFFD(utf8.data(), at, static_cast<int32_t>(utf8.size()), character);
    columns += widthOf(character);
  }
  return columns;
}

std::string padded(std::string text, int columns) {
  if (columnsOf(text) > columns) text = std::string(fitting(text, columns - 1)) + "…";
  text.append(static_cast<size_t>(std::max(0, columns - columnsOf(text))), ' ');
  return text;
}

std::string paddedLeft(const std::string& text, int columns) {
  return std::string(static_cast<size_t>(std::max(0, columns - columnsOf(text))), ' ') + text;
}

InterruptGuard::InterruptGuard() {
  g_interrupted = false;
  std::signal(SIGINT, onInterrupt);
}

InterruptGuard::~InterruptGuard() { std::signal(SIGINT, SIG_DFL); }

bool InterruptGuard::interrupted() { return g_interrupted; }

ProgressLine::ProgressLine(std::string what)
    : m_what(std::move(what)), m_start(Clock::now()), m_last(m_start), m_terminal(isatty(STDERR_FILENO) != 0) {}

ProgressLine::~ProgressLine() {
  if (m_shown && m_terminal) std::fputs("\r\x1b[K", stderr);
}

void ProgressLine::update(double share, const std::string& detail) {
  using namespace std::chrono_literals;
  const auto now = Clock::now();
  const auto pause = m_shown ? (m_terminal ? 100ms : 5000ms) : 1000ms;
  if (now - m_last < pause) return;
  m_last = now;
  m_shown = true;
  const std::string text = fmt::format("{}: {:3.0f} %, {}", m_what, 100 * share, detail);
  if (m_terminal) {
    std::fprintf(stderr, "\r\x1b[K%s", text.c_str());
    std::fflush(stderr);
  } else {
    say(text);
  }
}

}  // namespace app
