#include "core/snapshot/snapshot.h"

#include <algorithm>
#include <cctype>

#include "core/snapshot/atomic_file.h"
#include "core/snapshot/provenance.h"
#include "core/snapshot/read_snapshot.h"
#include "core/trace/run_info_json.h"

namespace core {
namespace {

std::string extensionOf(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

using Writer = Status (*)(const Trace&, const SnapshotOptions&, const ByteSink&);

Status writeFile(Writer writer, const Trace& trace, const std::filesystem::path& path, const SnapshotOptions& options) {
  TRY_ASSIGN(AtomicFile file, AtomicFile::create(path));
  TRY_STATUS(writer(trace, options, [&](std::string_view bytes) { return file.write(bytes); }));
  return file.commit();
}

Status writeProvenance(const Trace& trace, const SnapshotOptions& options, const ByteSink& sink) {
  return sink(jsonText(provenance(trace, options)) + "\n");
}

}  // namespace

bool isSnapshotPath(const std::filesystem::path& path) {
  const std::string extension = extensionOf(path);
  return extension == ".safetensors" || extension == ".npz" || extension == ".csv" || extension == ".json";
}

Status writeSnapshot(const Trace& trace, const std::filesystem::path& path, const SnapshotOptions& options) {
  const std::string extension = extensionOf(path);
  if (extension == ".safetensors") return writeFile(writeSafetensors, trace, path, options);
  if (extension == ".npz") return writeNpz(trace, options, path);
  if (extension == ".json") return writeFile(writeTraceJson, trace, path, options);
  if (extension == ".csv") {
    TRY_STATUS(writeFile(writeTraceCsv, trace, path, options));
    std::filesystem::path beside = path;
    beside += ".json";
    return writeFile(writeProvenance, trace, beside, options);
  }
  return fail("{}: expected a name that ends in {}", path.string(), kSnapshotExtensions);
}

Result<Trace> readSnapshot(const std::filesystem::path& path) {
  const std::string extension = extensionOf(path);
  if (extension == ".safetensors") return readSafetensorsTrace(path);
  if (extension == ".npz") return readNpzTrace(path);
  if (extension == ".json") return readJsonTrace(path);
  return fail("{}: expected the number of a run, last, or a snapshot: .safetensors, .npz or .json", path.string());
}

}  // namespace core
