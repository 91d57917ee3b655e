// Any bytes as a .safetensors snapshot: what is read as a run can be written again.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "core/base/check.h"
#include "core/snapshot/read_snapshot.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const int file = memfd_create("fuzz", MFD_CLOEXEC);
  if (file < 0 || write(file, data, size) != static_cast<ssize_t>(size)) std::abort();
  if (const auto trace = core::readSafetensorsTrace("/proc/self/fd/" + std::to_string(file))) {
    const auto written = core::writeTraceJson(*trace, {}, [](std::string_view) { return core::Status(); });
    CHECK(written.has_value(), "a trace that was read cannot be written");
  } else {
    CHECK(!trace.error().message.empty(), "an error without a word");
  }
  close(file);
  return 0;
}
