#include "core/base/json.h"

#include <vector>

namespace core {
namespace {

using Json = nlohmann::json;

// Builds a document from parser events; returning false from an event stops the parser.
class Builder : public nlohmann::json_sax<Json> {
 public:
  Builder(std::string_view place, const JsonLimits& limits, JsonTap* tap)
      : m_place(place), m_limits(limits), m_tap(tap) {}

  Json root;
  Error error;

  bool null() override { return tapped() ? pass(m_tap->null()) : put(nullptr); }
  bool boolean(bool value) override { return tapped() ? pass(m_tap->boolean(value)) : put(value); }
  bool number_integer(number_integer_t value) override {
    return tapped() ? pass(m_tap->number_integer(value)) : put(value);
  }
  bool number_unsigned(number_unsigned_t value) override {
    return tapped() ? pass(m_tap->number_unsigned(value)) : put(value);
  }
  bool number_float(number_float_t value, const string_t& text) override {
    return tapped() ? pass(m_tap->number_float(value, text)) : put(value);
  }
  bool string(string_t& value) override {
    if (tapped()) return pass(m_tap->string(value));
    return charge(value.capacity()) && put(std::move(value));
  }
  bool binary(binary_t&) override { return stop("binary value"); }
  bool start_object(std::size_t size) override {
    if (tapped()) return enter() && pass(m_tap->start_object(size));
    return open(Json::object());
  }
  bool start_array(std::size_t size) override {
    if (tapped()) return enter() && pass(m_tap->start_array(size));
    return open(Json::array());
  }
  bool end_object() override {
    if (!tapped()) return close();
    --m_tapDepth;
    return pass(m_tap->end_object());
  }
  bool end_array() override {
    if (!tapped()) return close();
    --m_tapDepth;
    return pass(m_tap->end_array());
  }

  bool key(string_t& name) override {
    if (tapped()) return m_tap->key(name) || stop(m_tap->error);
    if (!charge(name.capacity() + 96)) return false;
    if (m_tap != nullptr) {
      m_keys.back() = name;
      m_tapNext = m_tap->wants(m_keys);
    }
    auto [place, fresh] = m_stack.back()->get_ref<Json::object_t&>().emplace(std::move(name), nullptr);
    if (!fresh) return stop(fmt::format("key \"{}\" occurs twice in one object", place->first.substr(0, 100)));
    m_slot = &place->second;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& why) override {
    if (error.message.empty()) {
      std::string_view text = why.what();
      const size_t colon = text.find("- ");
      if (colon != text.npos) text.remove_prefix(colon + 2);
      error.message = fmt::format("{}: not valid JSON at byte {}: {}", m_place, position,
                                  text.size() > 200 ? std::string(text.substr(0, 200)) + "..." : std::string(text));
    }
    return false;
  }

 private:
  bool stop(std::string_view why) {
    error.message = fmt::format("{}: {}", m_place, why);
    return false;
  }

  // Whether the event belongs to the tap: its value has begun, or begins now.
  bool tapped() const { return m_tapNext || m_tapDepth > 0; }

  // After an event of the tap; a value ends where nothing of it is open.
  bool pass(bool fine) {
    m_tapNext = false;
    return fine || stop(m_tap->error);
  }

  bool enter() {
    if (static_cast<int>(m_stack.size()) + ++m_tapDepth <= m_limits.depth) return true;
    return stop(fmt::format("nested deeper than {} levels", m_limits.depth));
  }

  bool charge(size_t bytes) {
    m_used += bytes;
    if (m_used <= m_limits.bytes) return true;
    return stop(fmt::format("needs more than {} MiB of memory as a document; the file is not what it should be",
                            m_limits.bytes >> 20));
  }

  Json* place(Json value) {
    if (m_stack.empty()) return &(root = std::move(value));
    if (m_stack.back()->is_object()) return &(*m_slot = std::move(value));
    auto& array = m_stack.back()->get_ref<Json::array_t&>();
    array.push_back(std::move(value));
    return &array.back();
  }

  bool put(Json value) {
    // An array of n doubles from n to 2n, and when a document goes, its values are moved into a list first.
    if (!charge(3 * sizeof(Json))) return false;
    place(std::move(value));
    return true;
  }

  bool open(Json value) {
    if (static_cast<int>(m_stack.size()) >= m_limits.depth) {
      return stop(fmt::format("nested deeper than {} levels", m_limits.depth));
    }
    if (!charge(96)) return false;
    m_stack.push_back(place(std::move(value)));
    m_keys.emplace_back();
    return true;
  }

  // Elements of an array do not move while one of them is open: only the innermost open container grows.
  bool close() {
    m_stack.pop_back();
    m_keys.pop_back();
    return true;
  }

  std::string_view m_place;
  JsonLimits m_limits;
  std::vector<Json*> m_stack;
  Json* m_slot = nullptr;
  size_t m_used = 0;
  JsonTap* m_tap;
  std::vector<std::string> m_keys;  // the current key of each open object, "" of an array
  bool m_tapNext = false;           // the next value is the tap's
  int m_tapDepth = 0;               // what is open in the tap's value
};

}  // namespace

Status checkJsonTokens(std::string_view text, std::string_view place) {
  constexpr size_t kMaxToken = size_t{4} << 20;
  constexpr size_t kMaxBlanks = 65536;
  bool quoted = false;
  size_t token = 0, blanks = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char byte = text[i];
    const bool blank = !quoted && (byte == '\n' || byte == '\r' || byte == '\t');
    const bool ends = !quoted && (blank || byte == ' ' || byte == ',' || byte == ':' || byte == '{' || byte == '}' ||
                                  byte == '[' || byte == ']');
    blanks = blank ? blanks + 1 : ends && byte == ' ' ? blanks : 0;
    token = ends ? 0 : token + 1;
    if (token > kMaxToken)
      return fail("{}: expected texts of at most {} bytes, found a longer one before byte {}", place, kMaxToken, i);
    if (blanks > kMaxBlanks)
      return fail("{}: expected at most {} line breaks in a row, found more before byte {}", place, kMaxBlanks, i);
    if (quoted && byte == '\\') {
      ++i;
      ++token;
    } else if (byte == '"') {
      if (quoted) token = 0;
      quoted = !quoted;
    }
  }
  return {};
}

Result<nlohmann::json> parseJson(std::string_view text, std::string_view place, const JsonLimits& limits,
                                 JsonTap* tap) {
  TRY_STATUS(checkJsonTokens(text, place));
  Builder builder(place, limits, tap);
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) {
    if (builder.error.message.empty()) builder.error.message = fmt::format("{}: not valid JSON", place);
    return tl::unexpected<Error>(builder.error);
  }
  return std::move(builder.root);
}

}  // namespace core
