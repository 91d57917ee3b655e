#include "core/base/version.h"

namespace core {
const char* version() { return EXPERTSCOPE_VERSION; }
}  // namespace core
