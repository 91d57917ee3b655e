#include "core/text/sentencepiece_file.h"

#include <bit>
#include <cmath>

#include "core/text/unicode.h"

namespace core {
namespace {

// One field of a protocol buffer message; `number` holds varints and 32-bit values, `bytes` strings and messages.
struct Field {
  uint32_t id = 0;
  uint64_t number = 0;
  std::string_view bytes;
};

class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : m_bytes(bytes) {}
  bool done() const { return m_bytes.empty(); }

  Result<Field> next() {
    TRY_ASSIGN(const uint64_t key, varint());
    Field field{static_cast<uint32_t>(std::min<uint64_t>(key >> 3, UINT32_MAX)), 0, {}};
    switch (key & 7) {
      case 0: {
        TRY_ASSIGN(field.number, varint());
        return field;
      }
      case 1:
        return fixed(field, 8);
      case 5:
        return fixed(field, 4);
      case 2: {
        TRY_ASSIGN(const uint64_t length, varint());
        if (length > m_bytes.size()) {
          return fail("a field of {} bytes where {} are left; the file is cut short or damaged", length,
                      m_bytes.size());
        }
        field.bytes = m_bytes.substr(0, static_cast<size_t>(length));
        m_bytes.remove_prefix(static_cast<size_t>(length));
        return field;
      }
      default:
        return fail("a field of the unknown wire type {}; expected a SentencePiece model", key & 7);
    }
  }

 private:
  Result<uint64_t> varint() {
    uint64_t value = 0;
    for (size_t i = 0; i < 10 && i < m_bytes.size(); ++i) {
      const auto byte = static_cast<uint8_t>(m_bytes[i]);
      value |= uint64_t{byte & 0x7Fu} << (7 * i);
      if (byte < 0x80) {
        m_bytes.remove_prefix(i + 1);
        return value;
      }
    }
    return fail("a number without an end, {} bytes before the end of the file", m_bytes.size());
  }

  Result<Field> fixed(Field field, size_t length) {
    if (m_bytes.size() < length) return fail("cut short in a number of {} bytes", length);
    for (size_t i = length; i-- > 0;) field.number = (field.number << 8) | static_cast<uint8_t>(m_bytes[i]);
    m_bytes.remove_prefix(length);
    return field;
  }

  std::string_view m_bytes;
};

Status readPiece(std::string_view bytes, SentencePieceFile& file) {
  const size_t id = file.scores.size();
  std::string_view text;
  float score = 0;
  uint64_t type = 1;
  for (FieldReader reader(bytes); !reader.done();) {
    TRY_ASSIGN(const Field field, reader.next());
    if (field.id == 1) text = field.bytes;
    if (field.id == 2) score = std::bit_cast<float>(static_cast<uint32_t>(field.number));
    if (field.id == 3) type = field.number;
  }
  if (text.empty()) return fail("piece {}: expected some text, found none", id);
  if (!isValidUtf8(text)) return fail("piece {}: not UTF-8", id);
  if (!std::isfinite(score)) return fail("piece {}: expected a finite score, found {}", id, score);
  if (type < 1 || type > 6) return fail("piece {}: expected a type from 1 to 6, found {}", id, type);
  file.pieces->add(text, static_cast<int32_t>(id));
  file.scores.push_back(score);
  file.types.push_back(static_cast<PieceType>(type));
  return {};
}

// -1 stands for "none" and is written as 2^64 - 1.
std::optional<int32_t> idOf(uint64_t number) {
  if (number > INT32_MAX) return std::nullopt;
  return static_cast<int32_t>(number);
}

Status readTrainer(std::string_view bytes, SentencePieceFile& file) {
  for (FieldReader reader(bytes); !reader.done();) {
    TRY_ASSIGN(const Field field, reader.next());
    if (field.id == 3 && field.number != 1 && field.number != 2) {
      return fail("trainer_spec.model_type: expected 1 (unigram) or 2 (BPE), found {}", field.number);
    }
    if (field.id == 3) file.unigram = field.number == 1;
    if (field.id == 24) file.spaceAsSuffix = field.number != 0;
    if (field.id == 35) file.byteFallback = field.number != 0;
    if (field.id == 41) file.begin = idOf(field.number);
    if (field.id == 42) file.end = idOf(field.number);
    if (field.id == 44) file.unknownSurface = repairUtf8(field.bytes);
  }
  return {};
}

Status readNormalizer(std::string_view bytes, SentencePieceFile& file) {
  for (FieldReader reader(bytes); !reader.done();) {
    TRY_ASSIGN(const Field field, reader.next());
    if (field.id == 2 && !field.bytes.empty()) {
      TRY_ASSIGN(file.charsMap, CharsMap::parse(field.bytes));
    }
    if (field.id == 3) file.addDummyPrefix = field.number != 0;
    if (field.id == 4) file.removeExtraSpaces = field.number != 0;
    if (field.id == 5) file.escapeSpaces = field.number != 0;
  }
  return {};
}

Status check(SentencePieceFile& file) {
  if (file.types.empty()) return fail("expected a SentencePiece model, found no pieces");
  TRY_STATUS(file.pieces->finish());
  int unknowns = 0;
  for (size_t id = 0; id < file.types.size(); ++id) {
    if (file.types[id] != PieceType::Unknown) continue;
    file.unknown = static_cast<int32_t>(id);
    ++unknowns;
  }
  if (unknowns != 1) return fail("expected one unknown piece, found {}", unknowns);
  for (int byte = 0; file.byteFallback && byte < 256; ++byte) {
    const auto id = file.pieces->find(fmt::format("<0x{:02X}>", byte));
    if (!id || file.types[static_cast<size_t>(*id)] != PieceType::Byte) {
      return fail("byte_fallback without the piece <0x{:02X}>", byte);
    }
  }
  for (std::optional<int32_t>* id : {&file.begin, &file.end}) {
    if (*id && static_cast<size_t>(**id) >= file.types.size()) id->reset();
  }
  return {};
}

Status read(std::string_view bytes, SentencePieceFile& file) {
  file.begin = 1;  // the proto's defaults
  file.end = 2;
  for (FieldReader reader(bytes); !reader.done();) {
    TRY_ASSIGN(const Field field, reader.next());
    if (field.id == 1) {
      TRY_STATUS(readPiece(field.bytes, file));
    } else if (field.id == 2) {
      TRY_STATUS(readTrainer(field.bytes, file));
    } else if (field.id == 3) {
      TRY_STATUS(readNormalizer(field.bytes, file));
    } else if (field.id == 5 && !field.bytes.empty()) {
      return fail("a denormalizer is not supported");
    }
  }
  return check(file);
}

}  // namespace

Result<SentencePieceFile> parseSentencePiece(std::string_view bytes, std::string_view place) {
  SentencePieceFile file;
  file.pieces = std::make_shared<Vocabulary>();
  if (const Status status = read(bytes, file); !status) return failAt(place, status.error());
  return file;
}

}  // namespace core
