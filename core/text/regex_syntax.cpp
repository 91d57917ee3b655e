#include "core/text/regex_syntax.h"

#include <cctype>
#include <vector>

namespace core {
namespace {

constexpr std::string_view kWord = R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc})";
constexpr std::string_view kHex = "0-9A-Fa-f";

class Rewriter {
 public:
  explicit Rewriter(std::string_view pattern) : m_in(pattern) {}

  Result<std::string> run() {
    while (m_at < m_in.size()) {
      TRY_STATUS(step());
    }
    return std::move(m_out);
  }

 private:
  Status step() {
    switch (m_in[m_at]) {
      case '\\':
        m_atom = m_out.size();
        return escape(false);
      case '[':
        m_atom = m_out.size();
        return characterClass();
      case '(':
        openGroup();
        return {};
      case ')':
        if (!m_groups.empty()) {
          m_atom = m_groups.back();
          m_groups.pop_back();
        }
        m_out += m_in[m_at++];
        return {};
      case '{':
        interval();
        return {};
      case '*':
      case '+':
      case '?':
        m_out += m_in[m_at++];
        return {};
      default:
        // One character; the bytes after the first of a longer one follow as atoms of their own, so take them along.
        m_atom = m_out.size();
        m_out += m_in[m_at++];
        while (m_at < m_in.size() && (static_cast<unsigned char>(m_in[m_at]) & 0xC0) == 0x80) m_out += m_in[m_at++];
        return {};
    }
  }

  Status escape(bool inClass) {
    if (m_at + 1 >= m_in.size()) return fail("ends in a backslash");
    const char letter = m_in[m_at + 1];
    const auto set = [&](std::string_view members, bool negated) -> Status {
      if (inClass && negated) return fail("\\{} inside a character class is not supported", letter);
      m_out += inClass ? std::string(members) : fmt::format("[{}{}]", negated ? "^" : "", members);
      m_at += 2;
      return {};
    };
    switch (letter) {
      case 's':
        m_out += R"(\p{White_Space})";
        break;
      case 'S':
        m_out += R"(\P{White_Space})";
        break;
      case 'w':
      case 'W':
        return set(kWord, letter == 'W');
      case 'h':
      case 'H':
        return set(kHex, letter == 'H');
      case 'u': {
        const std::string_view digits = m_in.substr(m_at + 2, 4);
        if (digits.size() < 4) return fail("\\u needs four hexadecimal digits");
        m_out += fmt::format("\\x{{{}}}", digits);
        m_at += 4;
        break;
      }
      default:
        m_out += '\\';
        m_out += letter;
        // The braces of \p{L} and \x{4E00} are no repetition.
        if (std::string_view("pPxogkN").find(letter) != std::string_view::npos &&
            m_in.substr(m_at + 2).starts_with('{')) {
          const size_t end = m_in.find('}', m_at);
          if (end == m_in.npos) return fail("\\{}{{ is not closed", letter);
          m_out += m_in.substr(m_at + 2, end - m_at - 1);
          m_at = end - 1;
        }
    }
    m_at += 2;
    return {};
  }

  Status characterClass() {
    m_out += m_in[m_at++];
    if (m_at < m_in.size() && m_in[m_at] == '^') m_out += m_in[m_at++];
    if (m_at < m_in.size() && m_in[m_at] == ']') m_out += m_in[m_at++];
    while (m_at < m_in.size() && m_in[m_at] != ']') {
      const std::string_view rest = m_in.substr(m_at);
      if (rest[0] == '\\') {
        TRY_STATUS(escape(true));
      } else if (rest.starts_with("[:") && rest.find(":]") != rest.npos) {
        const size_t length = rest.find(":]") + 2;
        m_out += rest.substr(0, length);
        m_at += length;
      } else if (rest[0] == '[') {
        return fail("a character class inside a character class is not supported");
      } else if (rest.starts_with("&&")) {
        return fail("an intersection (&&) in a character class is not supported");
      } else {
        m_out += m_in[m_at++];
      }
    }
    if (m_at == m_in.size()) return fail("a character class is not closed");
    m_out += m_in[m_at++];
    return {};
  }

  void openGroup() {
    m_groups.push_back(m_out.size());
    m_out += m_in[m_at++];
    if (m_at >= m_in.size() || m_in[m_at] != '?') return;
    m_out += m_in[m_at++];
    size_t end = m_at;
    while (end < m_in.size() && (std::isalpha(static_cast<unsigned char>(m_in[end])) || m_in[end] == '-')) ++end;
    const bool options = end < m_in.size() && (m_in[end] == ':' || m_in[end] == ')');
    for (; options && m_at < end; ++m_at) m_out += m_in[m_at] == 'm' ? 's' : m_in[m_at];
    // What makes a look-around or a name is not an atom.
    if (options || m_at >= m_in.size()) return;
    if (m_in[m_at] == '<') m_out += m_in[m_at++];
    if (m_at < m_in.size() && std::string_view("=!>").find(m_in[m_at]) != std::string_view::npos) m_out += m_in[m_at++];
  }

  // {n}, {n,}, {n,m} and {,m}; anything else is a brace as it stands.
  void interval() {
    size_t at = m_at + 1;
    const auto digits = [&] {
      const size_t begin = at;
      while (at < m_in.size() && std::isdigit(static_cast<unsigned char>(m_in[at]))) ++at;
      return m_in.substr(begin, at - begin);
    };
    const std::string_view low = digits();
    const bool comma = at < m_in.size() && m_in[at] == ',';
    if (comma) ++at;
    const std::string_view high = comma ? digits() : std::string_view();
    if (at >= m_in.size() || m_in[at] != '}' || (low.empty() && high.empty())) {
      m_atom = m_out.size();
      m_out += m_in[m_at++];
      return;
    }
    m_at = at + 1;
    m_out += fmt::format("{{{}{}{}}}", low.empty() ? "0" : low, comma ? "," : "", high);
    const char next = m_at < m_in.size() ? m_in[m_at] : '\0';
    if (next == '+' || (next == '?' && !comma)) {
      m_out.insert(m_atom, "(?:");
      m_out += ')';
    }
  }

  std::string_view m_in;
  size_t m_at = 0;
  std::string m_out;
  size_t m_atom = 0;             // where in m_out the last atom begins
  std::vector<size_t> m_groups;  // where in m_out the open groups begin
};

}  // namespace

Result<std::string> toPcreSyntax(std::string_view pattern) { return Rewriter(pattern).run(); }

}  // namespace core
