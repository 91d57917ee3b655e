#include "core/convert/weight_writer.h"

#include <cstring>
#include <nlohmann/json.hpp>

#include "core/snapshot/atomic_file.h"

namespace core {
namespace {

constexpr uint64_t kAlignment = 32;

template <class Number>
void put(std::string& bytes, Number number) {
  const size_t at = bytes.size();
  bytes.resize(at + sizeof(Number));
  std::memcpy(bytes.data() + at, &number, sizeof(Number));
}

uint64_t aligned(uint64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

uint32_t ggmlNumber(DType type) {
  for (const GgmlType& row : kGgmlTypes) {
    if (row.type == type) return row.id;
  }
  return 0;
}

class Counter {
 public:
  Counter(const std::vector<OutputTensor>& tensors, const ConvertProgress& progress) : m_progress(progress) {
    for (const OutputTensor& tensor : tensors) m_total += tensor.bytes();
  }
  Status add(size_t bytes) {
    m_done += bytes;
    if (!m_progress || m_done - m_said < m_total / 200) return {};
    m_said = m_done;
    return m_progress(static_cast<double>(m_done) / static_cast<double>(m_total)) ? Status{} : Status(cancelled());
  }

 private:
  const ConvertProgress& m_progress;
  size_t m_total = 0, m_done = 0, m_said = 0;
};

Status writeTensor(const OutputTensor& tensor, AtomicFile& file, Counter& counter) {
  return encodeRows(tensor, [&](std::string_view bytes) -> Status {
    TRY_STATUS(file.write(bytes));
    return counter.add(bytes.size());
  });
}

}  // namespace

Status writeGguf(const std::filesystem::path& path, const GgufEntries& entries,
                 const std::vector<OutputTensor>& tensors, const std::vector<RotationTensor>& rotation,
                 const ConvertProgress& progress) {
  std::string header = "GGUF";
  put(header, uint32_t{3});
  put(header, uint64_t{tensors.size() + rotation.size()});
  put(header, entries.count());
  header += entries.bytes();
  uint64_t offset = 0;
  const auto info = [&](std::string_view name, std::span<const int64_t> shape, DType type, uint64_t bytes) {
    put(header, uint64_t{name.size()});
    header += name;
    put(header, static_cast<uint32_t>(shape.size()));
    for (size_t i = shape.size(); i-- > 0;) put(header, static_cast<uint64_t>(shape[i]));
    put(header, ggmlNumber(type));
    put(header, offset);
    offset = aligned(offset + bytes);
  };
  for (const RotationTensor& tensor : rotation) {
    const int64_t count = static_cast<int64_t>(tensor.factors.size());
    info(tensor.name, std::span(&count, 1), DType::F32, 4 * tensor.factors.size());
  }
  for (const OutputTensor& tensor : tensors) info(tensor.name, tensor.shape, tensor.type, tensor.bytes());
  header.resize(aligned(header.size()));
  TRY_ASSIGN(AtomicFile file, AtomicFile::create(path));
  TRY_STATUS(file.write(header));
  const auto pad = [&](uint64_t bytes) { return file.write(std::string(aligned(bytes) - bytes, '\0')); };
  for (const RotationTensor& tensor : rotation) {
    std::string bytes(4 * tensor.factors.size(), '\0');
    std::memcpy(bytes.data(), tensor.factors.data(), bytes.size());
    TRY_STATUS(file.write(bytes));
    TRY_STATUS(pad(bytes.size()));
  }
  Counter counter(tensors, progress);
  for (const OutputTensor& tensor : tensors) {
    TRY_STATUS(writeTensor(tensor, file, counter));
    TRY_STATUS(pad(tensor.bytes()));
  }
  return file.commit();
}

Status writeSafetensorsModel(const std::filesystem::path& path, const std::vector<OutputTensor>& tensors,
                             const std::map<std::string, std::string>& source, const ConvertProgress& progress) {
  nlohmann::json metadata = {{"format", "pt"}};
  for (const auto& [key, value] : source) metadata[key] = value;
  nlohmann::json header = {{"__metadata__", std::move(metadata)}};
  size_t end = 0;
  for (const OutputTensor& tensor : tensors) {
    const size_t begin = end;
    end += tensor.bytes();
    header[tensor.name] = {{"dtype", nameOf(tensor.type)}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  text.append((8 - text.size() % 8) % 8, ' ');
  std::string start;
  put(start, uint64_t{text.size()});
  TRY_ASSIGN(AtomicFile file, AtomicFile::create(path));
  TRY_STATUS(file.write(start + text));
  Counter counter(tensors, progress);
  for (const OutputTensor& tensor : tensors) TRY_STATUS(writeTensor(tensor, file, counter));
  return file.commit();
}

}  // namespace core
