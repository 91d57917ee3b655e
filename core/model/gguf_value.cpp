#include "core/model/gguf_value.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>

#include "core/text/unicode.h"

namespace core {
namespace {

template <class Number>
Number numberIn(std::string_view bytes) {
  Number number{};
  if (bytes.size() >= sizeof(Number)) std::memcpy(&number, bytes.data(), sizeof(Number));
  return number;
}

// At least so many bytes for each element, whatever it holds.
size_t leastBytes(GgufType type) {
  if (type == GgufType::Text) return 8;    // its length
  if (type == GgufType::Array) return 12;  // element type and count
  return bytesOf(type);
}

// As printf has it: %.9g gives every float back, %.17g every double.
std::string realText(double value, int digits) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return fmt::format("{:.{}g}", value, digits);
}

}  // namespace

std::optional<int64_t> GgufValue::integer() const {
  switch (m_type) {
    case GgufType::UInt8:
      return numberIn<uint8_t>(m_bytes);
    case GgufType::Int8:
      return numberIn<int8_t>(m_bytes);
    case GgufType::UInt16:
      return numberIn<uint16_t>(m_bytes);
    case GgufType::Int16:
      return numberIn<int16_t>(m_bytes);
    case GgufType::UInt32:
      return numberIn<uint32_t>(m_bytes);
    case GgufType::Int32:
      return numberIn<int32_t>(m_bytes);
    case GgufType::Int64:
      return numberIn<int64_t>(m_bytes);
    case GgufType::UInt64: {
      const auto number = numberIn<uint64_t>(m_bytes);
      if (number > static_cast<uint64_t>(INT64_MAX)) return std::nullopt;
      return static_cast<int64_t>(number);
    }
    default:
      return std::nullopt;
  }
}

std::optional<uint64_t> GgufValue::unsignedInteger() const {
  if (m_type == GgufType::UInt64) return numberIn<uint64_t>(m_bytes);
  const std::optional<int64_t> number = integer();
  if (!number || *number < 0) return std::nullopt;
  return static_cast<uint64_t>(*number);
}

std::optional<double> GgufValue::real() const {
  if (m_type == GgufType::Float32) return numberIn<float>(m_bytes);
  if (m_type == GgufType::Float64) return numberIn<double>(m_bytes);
  if (m_type == GgufType::UInt64) return static_cast<double>(numberIn<uint64_t>(m_bytes));
  const std::optional<int64_t> number = integer();
  if (!number) return std::nullopt;
  return static_cast<double>(*number);
}

std::optional<bool> GgufValue::truth() const {
  if (m_type != GgufType::Bool) return std::nullopt;
  return numberIn<uint8_t>(m_bytes) != 0;
}

std::optional<std::string_view> GgufValue::text() const {
  if (m_type != GgufType::Text) return std::nullopt;
  return m_bytes;
}

void GgufValue::each(const std::function<bool(const GgufValue&)>& element) const {
  if (m_type != GgufType::Array) return;
  GgufCursor cursor(m_bytes);
  for (uint64_t i = 0; i < m_count; ++i) {
    const std::optional<GgufValue> value = cursor.value(m_element, kGgufArrayDepth);
    if (!value || !element(*value)) return;
  }
}

std::string GgufValue::numberText() const {
  if (m_type == GgufType::Float32) return realText(numberIn<float>(m_bytes), 9);
  if (m_type == GgufType::Float64) return realText(numberIn<double>(m_bytes), 17);
  if (m_type == GgufType::UInt64) return std::to_string(numberIn<uint64_t>(m_bytes));
  if (const auto number = integer()) return std::to_string(*number);
  if (const auto said = truth()) return *said ? "true" : "false";
  return "";
}

std::string GgufValue::describe() const {
  if (m_type == GgufType::Array) return fmt::format("an array of {} {}", m_count, nameOf(m_element));
  if (m_type != GgufType::Text) return fmt::format("the {} {}", nameOf(m_type), numberText());
  std::string shown(m_bytes.substr(0, 60));
  for (char& byte : shown) byte = static_cast<unsigned char>(byte) < 0x20 ? '?' : byte;
  return fmt::format("the string \"{}\"", repairUtf8(shown));
}

template <class Number>
std::optional<Number> GgufCursor::number() {
  if (left() < sizeof(Number)) {
    return stop(fmt::format("expected {} more bytes, found {}; the file may be cut short", sizeof(Number), left()));
  }
  const auto number = numberIn<Number>(m_bytes.substr(m_position));
  m_position += sizeof(Number);
  return number;
}
template std::optional<uint32_t> GgufCursor::number<uint32_t>();
template std::optional<uint64_t> GgufCursor::number<uint64_t>();

std::nullopt_t GgufCursor::stop(std::string why) {
  if (m_problem.empty()) m_problem = std::move(why);
  return std::nullopt;
}

std::optional<std::string_view> GgufCursor::text() {
  const std::optional<uint64_t> length = number<uint64_t>();
  if (!length) return std::nullopt;
  if (*length > left()) {
    return stop(fmt::format("a string of {} bytes where {} are left; the file may be cut short", *length, left()));
  }
  const std::string_view text = m_bytes.substr(m_position, static_cast<size_t>(*length));
  m_position += text.size();
  return text;
}

std::optional<GgufValue> GgufCursor::value(GgufType type, int depth) {
  if (type == GgufType::Array) return array(depth);
  if (type == GgufType::Text) {
    const std::optional<std::string_view> bytes = text();
    if (!bytes) return std::nullopt;
    if (!isValidUtf8(*bytes)) return stop("expected a string in UTF-8, found other bytes");
    return GgufValue(type, *bytes);
  }
  const size_t bytes = bytesOf(type);
  if (left() < bytes) {
    return stop(fmt::format("expected {} more bytes, found {}; the file may be cut short", bytes, left()));
  }
  const GgufValue value(type, m_bytes.substr(m_position, bytes));
  if (type == GgufType::Bool && static_cast<unsigned char>(m_bytes[m_position]) > 1) {
    return stop(fmt::format("expected a boolean of 0 or 1, found {}", static_cast<unsigned char>(m_bytes[m_position])));
  }
  m_position += bytes;
  return value;
}

std::optional<GgufValue> GgufCursor::array(int depth) {
  if (depth <= 0) return stop(fmt::format("arrays nested deeper than {} levels", kGgufArrayDepth));
  const std::optional<uint32_t> type = number<uint32_t>();
  const std::optional<uint64_t> count = type ? number<uint64_t>() : std::nullopt;
  if (!count) return std::nullopt;
  if (*type >= kGgufTypeNames.size()) {
    return stop(fmt::format("expected an element type from 0 to {}, found {}", kGgufTypeNames.size() - 1, *type));
  }
  const auto element = static_cast<GgufType>(*type);
  if (*count > left() / leastBytes(element)) {
    return stop(fmt::format("an array of {} {} where {} bytes are left; the file may be cut short", *count,
                            nameOf(element), left()));
  }
  const size_t begin = m_position;
  if (!skipElements(element, *count, depth - 1)) return std::nullopt;
  return GgufValue(GgufType::Array, m_bytes.substr(begin, m_position - begin), element, *count);
}

bool GgufCursor::skipElements(GgufType element, uint64_t count, int depth) {
  const size_t bytes = bytesOf(element);
  if (bytes > 0 && element != GgufType::Bool) {
    m_position += static_cast<size_t>(count) * bytes;
    return true;
  }
  for (uint64_t i = 0; i < count; ++i) {
    if (!value(element, depth)) return false;
  }
  return true;
}

}  // namespace core
