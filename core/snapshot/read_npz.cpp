#include <zip.h>

#include <charconv>
#include <cstring>
#include <memory>

#include "core/base/json.h"
#include "core/snapshot/read_snapshot.h"

namespace core {
namespace {

using Json = nlohmann::json;

// Arrays unpack to no more than the archive's own size and this, all of them together: a small file stays small.
constexpr size_t kUnpackedBeyondFile = size_t{10} << 20;

struct CloseArchive {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseEntry {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

class ArchiveSource : public SnapshotSource {
 public:
  ArchiveSource(zip_t* archive, size_t fileBytes, const std::string& place)
      : m_archive(archive), m_place(place), m_room(fileBytes + kUnpackedBeyondFile) {}

  bool has(const std::string& name) const override {
    return zip_name_locate(m_archive, (name + ".npy").c_str(), ZIP_FL_ENC_UTF_8) >= 0;
  }

  Result<std::string> bytesOf(const std::string& name) {
    zip_stat_t stat;
    if (zip_stat(m_archive, (name + ".npy").c_str(), ZIP_FL_ENC_UTF_8, &stat) != 0 || !(stat.valid & ZIP_STAT_SIZE)) {
      return fail("{}: {}: cannot be read: {}", m_place, name, zip_strerror(m_archive));
    }
    if (stat.size > m_room) {
      return fail(
          "{}: {}: would unpack to {} bytes, far more than the archive holds; the file is not what it should be",
          m_place, name, stat.size);
    }
    m_room -= stat.size;
    const std::unique_ptr<zip_file_t, CloseEntry> file(zip_fopen_index(m_archive, stat.index, 0));
    if (!file) return fail("{}: {}: cannot be read: {}", m_place, name, zip_strerror(m_archive));
    std::string bytes(stat.size, '\0');
    size_t at = 0;
    while (at < bytes.size()) {
      const zip_int64_t count = zip_fread(file.get(), bytes.data() + at, bytes.size() - at);
      if (count <= 0) return fail("{}: {}: cut short or damaged", m_place, name);
      at += static_cast<size_t>(count);
    }
    return bytes;
  }

  Result<SnapshotValues> load(const std::string& name, SnapshotType type) override {
    TRY_ASSIGN(const std::string bytes, bytesOf(name));
    TRY_ASSIGN(const NpyHeader header, parseNpyHeader(bytes, m_place + ": " + name));
    const std::string_view wanted = type == SnapshotType::F32 ? "<f4" : "<i8";
    if (header.type != wanted) return fail("{}: {}: expected {}, found {}", m_place, name, wanted, header.type);
    SnapshotValues values;
    values.shape = header.shape;
    const std::string_view data = std::string_view(bytes).substr(header.dataBegin);
    const size_t width = type == SnapshotType::F32 ? sizeof(float) : sizeof(int64_t);
    size_t count = 1;
    for (const int64_t size : header.shape) {
      if (size > 0 && count > data.size() / static_cast<size_t>(size)) return fail("{}: {}: cut short", m_place, name);
      count *= static_cast<size_t>(size);
    }
    if (count * width != data.size()) {
      return fail("{}: {}: expected {} bytes of data, found {}", m_place, name, count * width, data.size());
    }
    if (type == SnapshotType::F32) {
      values.floats.resize(count);
      if (count > 0) std::memcpy(values.floats.data(), data.data(), data.size());
      return values;
    }
    for (size_t i = 0; i < count; ++i) {
      int64_t value = 0;
      std::memcpy(&value, data.data() + i * width, width);
      if (value < INT32_MIN || value > INT32_MAX) return fail("{}: {}: {} is out of range", m_place, name, value);
      values.ints.push_back(static_cast<int32_t>(value));
    }
    return values;
  }

 private:
  zip_t* m_archive;
  const std::string& m_place;
  size_t m_room;  // bytes that may still be unpacked
};

// What stands behind 'key': in the header's dictionary, up to the end of it.
std::string_view valueOf(std::string_view text, std::string_view key) {
  const size_t at = text.find(key);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + key.size());
  const size_t begin = text.find_first_not_of(" :");
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin);
}

}  // namespace

Result<NpyHeader> parseNpyHeader(std::string_view bytes, std::string_view place) {
  const auto byte = [&](size_t at) { return static_cast<size_t>(static_cast<unsigned char>(bytes[at])); };
  if (bytes.size() < 12 || bytes.substr(0, 6) != "\x93NUMPY" || byte(6) < 1 || byte(6) > 3) {
    return fail("{}: is no NPY array", place);
  }
  const bool wide = byte(6) > 1;
  const size_t begin = wide ? 12 : 10;
  const size_t length = byte(8) | byte(9) << 8 | (wide ? byte(10) << 16 | byte(11) << 24 : 0);
  if (length > bytes.size() - begin) return fail("{}: the header is cut short", place);
  const std::string_view text = bytes.substr(begin, length);
  NpyHeader header;
  header.dataBegin = begin + length;
  const std::string_view type = valueOf(text, "'descr'");
  if (type.size() < 3 || type[0] != '\'') return fail("{}: header: expected a type", place);
  header.type = type.substr(1, type.find('\'', 1) - 1);
  if (!valueOf(text, "'fortran_order'").starts_with("False"))
    return fail("{}: expected rows one after the other", place);
  std::string_view shape = valueOf(text, "'shape'");
  if (!shape.starts_with("(") || shape.find(')') == std::string_view::npos)
    return fail("{}: header: expected a shape", place);
  shape = shape.substr(1, shape.find(')') - 1);
  while (shape.find_first_not_of(" ,") != std::string_view::npos) {
    shape.remove_prefix(shape.find_first_not_of(" ,"));
    int64_t size = 0;
    const auto [end, error] = std::from_chars(shape.data(), shape.data() + shape.size(), size);
    if (error != std::errc() || size < 0 || header.shape.size() >= 8)
      return fail("{}: header: expected a shape", place);
    header.shape.push_back(size);
    shape.remove_prefix(static_cast<size_t>(end - shape.data()));
  }
  return header;
}

Result<Trace> readNpzTrace(const std::filesystem::path& path) {
  const std::string place = path.filename().string();
  std::error_code unknown;
  // An error for a pipe, too, on which opening would wait.
  const auto fileBytes = std::filesystem::file_size(path, unknown);
  if (unknown) return fail("{}: cannot be read: {}", place, unknown.message());
  int code = 0;
  const std::unique_ptr<zip_t, CloseArchive> archive(zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code));
  if (!archive) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string why = zip_error_strerror(&error);
    zip_error_fini(&error);
    return fail("{}: cannot be read: {}", place, why);
  }
  ArchiveSource source(archive.get(), fileBytes, place);
  if (!source.has("__metadata__")) return fail("{}: has no __metadata__: no snapshot of a run", place);
  TRY_ASSIGN(const std::string bytes, source.bytesOf("__metadata__"));
  TRY_ASSIGN(const NpyHeader header, parseNpyHeader(bytes, place + ": __metadata__"));
  if (header.type != "|u1") return fail("{}: __metadata__: expected |u1, found {}", place, header.type);
  TRY_ASSIGN(const Json provenance,
             parseJson(std::string_view(bytes).substr(header.dataBegin), place + ": __metadata__"));
  return assembleTrace(provenance, source, place);
}

}  // namespace core
