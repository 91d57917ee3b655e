// One metadata value of a GGUF file: a number, a truth value, a text, or an array of values of one type. It is a view
// into the header's bytes, which a GgufFile owns; what lies there was checked when the file was opened, and is checked
// again here before it is read, so that no bytes can make a read go astray.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace core {

enum class GgufType : uint32_t {
  UInt8,
  Int8,
  UInt16,
  Int16,
  UInt32,
  Int32,
  Float32,
  Bool,
  Text,
  Array,
  UInt64,
  Int64,
  Float64,
};
constexpr std::array<std::string_view, 13> kGgufTypeNames = {"uint8",  "int8",    "uint16", "int16",  "uint32",
                                                             "int32",  "float32", "bool",   "string", "array",
                                                             "uint64", "int64",   "float64"};
constexpr std::string_view nameOf(GgufType type) { return kGgufTypeNames[static_cast<size_t>(type)]; }

// Bytes of a value of this type, 0 for texts and arrays, whose length is written before them.
constexpr size_t bytesOf(GgufType type) {
  constexpr std::array<uint8_t, 13> kBytes = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  return kBytes[static_cast<size_t>(type)];
}

class GgufValue {
 public:
  GgufValue() = default;
  // `bytes`: a number's bytes, a text without its length, an array's elements without type and count.
  GgufValue(GgufType type, std::string_view bytes, GgufType element = GgufType::UInt8, uint64_t count = 0)
      : m_type(type), m_element(element), m_count(count), m_bytes(bytes) {}

  GgufType type() const { return m_type; }
  GgufType elementType() const { return m_element; }  // of an array
  uint64_t size() const { return m_count; }           // of an array
  std::string_view bytes() const { return m_bytes; }  // as they were given

  std::optional<int64_t> integer() const;  // of any integer type, if it fits
  std::optional<uint64_t> unsignedInteger() const;
  std::optional<double> real() const;  // of any number type
  std::optional<bool> truth() const;
  std::optional<std::string_view> text() const;

  // The elements of an array in order, until the function returns false. Nothing for what is no array.
  void each(const std::function<bool(const GgufValue&)>& element) const;

  // A number or truth value as text that gives the same value when read back: "0.333333343", "-inf".
  std::string numberText() const;
  std::string describe() const;  // for messages: `the uint32 7`, `the string "abc"`, `an array of 3 string`

 private:
  GgufType m_type = GgufType::UInt8;
  GgufType m_element = GgufType::UInt8;
  uint64_t m_count = 0;
  std::string_view m_bytes;
};

// Reads little-endian numbers, texts and values one after the other and never past the end.
class GgufCursor {
 public:
  explicit GgufCursor(std::string_view bytes) : m_bytes(bytes) {}

  size_t position() const { return m_position; }
  size_t left() const { return m_bytes.size() - m_position; }

  template <class Number>
  std::optional<Number> number();
  std::optional<std::string_view> text();  // a length of 64 bits, and so many bytes

  // The value of a type; empty with the reason in problem(). Arrays in arrays go `depth` levels deep.
  std::optional<GgufValue> value(GgufType type, int depth);
  const std::string& problem() const { return m_problem; }

 private:
  std::optional<GgufValue> array(int depth);
  bool skipElements(GgufType element, uint64_t count, int depth);
  std::nullopt_t stop(std::string why);

  std::string_view m_bytes;
  size_t m_position = 0;
  std::string m_problem;
};

constexpr int kGgufArrayDepth = 16;

}  // namespace core
