// What `expertscope inspect FILE.gguf` says: the header with its metadata and tensors, checked as strictly as when it
// is used; and the model that can be made of it, or why none can.
#pragma once

#include "core/model/inspect.h"

namespace core {

// Errors: a broken file, one without a `general.architecture` that is a text.
Result<Inspection> inspectGguf(const std::filesystem::path& path);

}  // namespace core
