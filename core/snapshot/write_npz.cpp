// NPZ: a ZIP archive with one NPY file a tensor. Arrays are made one at a time, when the archive asks for their bytes.
#include <zip.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "core/snapshot/atomic_file.h"
#include "core/snapshot/provenance.h"
#include "core/snapshot/snapshot.h"
#include "core/trace/run_info_json.h"

namespace core {
namespace {

constexpr time_t kFixedTime = 315532800;  // 1980-01-01, the first day of ZIP: the same run gives the same bytes

// NPY version 1.0: magic, length, a Python dictionary padded so that the data begins at a multiple of 64.
std::string npyHeader(std::string_view type, const std::vector<int64_t>& shape) {
  std::string tuple;
  for (const int64_t size : shape) tuple += fmt::format("{}, ", size);
  if (shape.size() > 1) tuple.erase(tuple.size() - 2);
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", type,
                                 shape.size() == 1 ? fmt::format("{},", shape[0]) : tuple);
  text.append(63 - (10 + text.size()) % 64, ' ');
  text += '\n';
  std::string out = "\x93NUMPY";
  out += '\x01';
  out += '\0';
  out += static_cast<char>(text.size() & 0xff);
  out += static_cast<char>(text.size() >> 8);
  return out + text;
}

// What libzip reads one entry from.
struct Entry {
  std::function<std::string()> make;
  size_t size = 0;
  std::string bytes;
  size_t at = 0;
};

zip_int64_t readEntry(void* user, void* data, zip_uint64_t length, zip_source_cmd_t command) {
  auto* entry = static_cast<Entry*>(user);
  switch (command) {
    case ZIP_SOURCE_OPEN:
      entry->bytes = entry->make();
      entry->at = 0;
      return 0;
    case ZIP_SOURCE_READ: {
      const size_t count = std::min<size_t>(length, entry->bytes.size() - entry->at);
      std::memcpy(data, entry->bytes.data() + entry->at, count);
      entry->at += count;
      return static_cast<zip_int64_t>(count);
    }
    case ZIP_SOURCE_CLOSE:
      entry->bytes = {};
      return 0;
    case ZIP_SOURCE_STAT: {
      auto* stat = static_cast<zip_stat_t*>(data);
      zip_stat_init(stat);
      stat->size = entry->size;
      stat->mtime = kFixedTime;
      stat->valid = ZIP_STAT_SIZE | ZIP_STAT_MTIME;
      return sizeof(zip_stat_t);
    }
    case ZIP_SOURCE_ERROR:
      return zip_error_to_data(std::make_unique<zip_error_t>().get(), data, length);
    case ZIP_SOURCE_SUPPORTS:
      return ZIP_SOURCE_SUPPORTS_READABLE;
    default:
      return 0;
  }
}

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
using Archive = std::unique_ptr<zip_t, Discard>;

Status add(zip_t* archive, const std::string& name, Entry* entry) {
  zip_source_t* source = zip_source_function(archive, readEntry, entry);
  if (!source) return fail("{}: {}", name, zip_strerror(archive));
  const zip_int64_t index = zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    zip_source_free(source);
    return fail("{}: {}", name, zip_strerror(archive));
  }
  // Recorded floats hardly shrink; stored arrays can be mapped.
  if (zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), ZIP_CM_STORE, 0) != 0) {
    return fail("{}: {}", name, zip_strerror(archive));
  }
  return {};
}

}  // namespace

Status writeNpz(const Trace& trace, const SnapshotOptions& options, const std::filesystem::path& path) {
  TRY_ASSIGN(AtomicFile file, AtomicFile::create(path));
  if (!std::filesystem::is_regular_file(file.temporary())) {
    return fail("{}: an archive can be written to a regular file only", path.string());
  }
  std::vector<std::unique_ptr<Entry>> entries;  // outlive the archive
  int code = 0;
  Archive archive(zip_open(file.temporary().c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code));
  if (!archive) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string why = zip_error_strerror(&error);
    zip_error_fini(&error);
    return fail("{}: cannot write: {}", path.string(), why);
  }

  const std::string metadata = jsonText(provenance(trace, options));
  const std::string head = npyHeader("|u1", {static_cast<int64_t>(metadata.size())});
  entries.push_back(std::make_unique<Entry>());
  entries.back()->make = [&] { return head + metadata; };
  entries.back()->size = head.size() + metadata.size();
  TRY_STATUS(add(archive.get(), "__metadata__.npy", entries.back().get()));

  for (const SnapshotTensor& tensor : snapshotTensors(trace, options)) {
    const std::string start = npyHeader(tensor.type == SnapshotType::F32 ? "<f4" : "<i8", tensor.shape);
    entries.push_back(std::make_unique<Entry>());
    entries.back()->make = [start, tensor] { return start + tensor.littleEndian(); };
    entries.back()->size = start.size() + tensor.bytes();
    TRY_STATUS(add(archive.get(), tensor.name + ".npy", entries.back().get()));
  }
  if (zip_close(archive.get()) != 0) {
    return fail("{}: cannot write: {}", path.string(), zip_strerror(archive.get()));
  }
  static_cast<void>(archive.release());  // closed
  TRY_STATUS(file.reopen());
  return file.commit();
}

}  // namespace core
