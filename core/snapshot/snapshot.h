// Snapshots: a recorded run as a file that other programs read. The format follows the extension.
//
//   .safetensors  the tensors of tensors.h; __metadata__ holds the keys of provenance.h as text: strings as they are,
//                 everything else as JSON
//   .npz          one array a tensor; the provenance as JSON in the uint8 array `__metadata__`
//   .json         the provenance and, under "tensors", the same arrays as nested lists; null where a number is not
//   finite .csv          a row for each token, layer and rank, header first; the provenance in FILE.csv.json beside it
//
// Files appear whole or not at all. Errors name the file and what the system said (disk full, no permission).
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "core/snapshot/tensors.h"

namespace core {

// The known extensions, as a sentence for messages.
inline constexpr std::string_view kSnapshotExtensions = ".safetensors, .npz, .csv or .json";

bool isSnapshotPath(const std::filesystem::path& path);  // one of them, in any case

Status writeSnapshot(const Trace& trace, const std::filesystem::path& path, const SnapshotOptions& options = {});

// A snapshot back as a Trace: .safetensors, .npz or .json. Errors: another kind of file, a broken one, one that was
// written without its prompt.
Result<Trace> readSnapshot(const std::filesystem::path& path);

// The single formats. A sink takes the bytes in order; its error ends the writing.
using ByteSink = std::function<Status(std::string_view)>;
Status writeTraceJson(const Trace& trace, const SnapshotOptions& options, const ByteSink& sink);
Status writeTraceCsv(const Trace& trace, const SnapshotOptions& options, const ByteSink& sink);
Status writeSafetensors(const Trace& trace, const SnapshotOptions& options, const ByteSink& sink);
Status writeNpz(const Trace& trace, const SnapshotOptions& options, const std::filesystem::path& path);

}  // namespace core
