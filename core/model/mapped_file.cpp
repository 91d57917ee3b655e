#include "core/model/mapped_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>

namespace core {
namespace {

// What the signal handler may look at. A slot is free while `begin` is null; `begin` is written last and cleared first.
struct Slot {
  std::atomic<std::byte*> begin{nullptr};
  std::atomic<size_t> bytes{0};  // whole pages
  std::atomic<bool> broken{false};
};
constexpr int kSlots = 2048;
std::array<Slot, kSlots> slots;
std::mutex slotsMutex;  // between those who take and free slots; the handler never locks
struct sigaction previousHandler;
std::atomic<size_t> pageBytes{4096};
static_assert(std::atomic<std::byte*>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

bool replaceMissingPages(uintptr_t address) {
  for (Slot& slot : slots) {
    std::byte* const data = slot.begin.load(std::memory_order_acquire);
    const auto begin = reinterpret_cast<uintptr_t>(data);
    if (!data || address < begin) continue;
    const size_t bytes = slot.bytes.load(std::memory_order_relaxed);
    if (address - begin >= bytes) continue;
    // A mapping begins on a page.
    const size_t offset = (address - begin) & ~(pageBytes.load(std::memory_order_relaxed) - 1);
    slot.broken.store(true, std::memory_order_release);
    return mmap(data + offset, bytes - offset, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
  }
  return false;
}

void onBusError(int signal, siginfo_t* info, void* context) {
  const int savedError = errno;
  const bool fault = info->si_code > 0;  // from the processor, not from kill()
  if (fault && replaceMissingPages(reinterpret_cast<uintptr_t>(info->si_addr))) {
    errno = savedError;
    return;
  }
  errno = savedError;
  if (previousHandler.sa_flags & SA_SIGINFO) {
    previousHandler.sa_sigaction(signal, info, context);
  } else if (previousHandler.sa_handler == SIG_IGN && !fault) {
    return;
  } else if (previousHandler.sa_handler != SIG_DFL && previousHandler.sa_handler != SIG_IGN) {
    previousHandler.sa_handler(signal);
  } else {
    struct sigaction standard = {};
    standard.sa_handler = SIG_DFL;
    sigaction(SIGBUS, &standard, nullptr);
    raise(signal);  // pending until this handler returns, then ends the process as it would have
  }
}

void installHandler() {
  static std::once_flag once;
  std::call_once(once, [] {
    pageBytes.store(static_cast<size_t>(sysconf(_SC_PAGESIZE)), std::memory_order_relaxed);
    struct sigaction ours = {};
    ours.sa_sigaction = onBusError;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    sigemptyset(&ours.sa_mask);
    sigaction(SIGBUS, &ours, &previousHandler);
  });
}

int takeSlot(std::byte* begin, size_t bytes) {
  const std::lock_guard lock(slotsMutex);
  for (int i = 0; i < kSlots; ++i) {
    Slot& slot = slots[static_cast<size_t>(i)];
    if (slot.begin.load(std::memory_order_relaxed)) continue;
    slot.broken.store(false, std::memory_order_relaxed);
    slot.bytes.store(bytes, std::memory_order_relaxed);
    slot.begin.store(begin, std::memory_order_release);
    return i;
  }
  return -1;
}

size_t wholePages(size_t bytes) {
  const size_t page = pageBytes.load(std::memory_order_relaxed);
  return (bytes + page - 1) / page * page;
}

struct OpenFile {
  int descriptor = -1;
  struct stat status = {};
};

// O_NONBLOCK: opening a pipe that nobody writes to would wait for ever.
Result<OpenFile> openRegular(const std::filesystem::path& path, const std::string& name) {
  if (path.native().find('\0') != std::string::npos) return fail("{}: a file name cannot hold a zero byte", name);
  OpenFile file;
  file.descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (file.descriptor < 0) return fail("{}: cannot be opened: {}", name, std::strerror(errno));
  if (fstat(file.descriptor, &file.status) != 0 || !S_ISREG(file.status.st_mode)) {
    ::close(file.descriptor);
    return fail("{}: expected a file, found a folder or a device", name);
  }
  return file;
}

Status readFully(int descriptor, const std::string& name, size_t offset, std::span<std::byte> into) {
  size_t done = 0;
  while (done < into.size()) {
    const ssize_t got = pread(descriptor, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail("{}: cannot be read: {}", name, std::strerror(errno));
    if (got == 0)
      return fail("{}: the file was cut short while it was open: expected {} bytes from {}, found {}", name,
                  into.size(), offset, done);
    done += static_cast<size_t>(got);
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const MappedFile>> MappedFile::open(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  TRY_ASSIGN(const OpenFile opened, openRegular(path, name));
  const std::shared_ptr<MappedFile> file(new MappedFile);
  file->m_name = name;
  file->m_descriptor = opened.descriptor;
  file->m_size = static_cast<size_t>(opened.status.st_size);
  file->m_seconds = opened.status.st_mtim.tv_sec;
  file->m_nanoseconds = opened.status.st_mtim.tv_nsec;
  if (file->m_size == 0) return file;
  installHandler();
  void* data = mmap(nullptr, file->m_size, PROT_READ, MAP_PRIVATE, file->m_descriptor, 0);
  if (data == MAP_FAILED) return fail("{}: cannot be mapped into memory: {}", name, std::strerror(errno));
  file->m_data = static_cast<const std::byte*>(data);
  file->m_slot = takeSlot(static_cast<std::byte*>(data), wholePages(file->m_size));
  if (file->m_slot < 0)
    return fail("{}: more than {} files are mapped at once; close another model first", name, kSlots);
  return file;
}

MappedFile::~MappedFile() {
  if (m_slot >= 0) {
    const std::lock_guard lock(slotsMutex);
    slots[static_cast<size_t>(m_slot)].begin.store(nullptr, std::memory_order_release);
  }
  if (m_data) munmap(const_cast<std::byte*>(m_data), m_size);
  if (m_descriptor >= 0) ::close(m_descriptor);
}

Status MappedFile::check() const {
  struct stat now = {};
  const bool broken = m_slot >= 0 && slots[static_cast<size_t>(m_slot)].broken.load(std::memory_order_acquire);
  const bool unknown = fstat(m_descriptor, &now) != 0;
  const bool same = !unknown && static_cast<size_t>(now.st_size) == m_size && now.st_mtim.tv_sec == m_seconds &&
                    now.st_mtim.tv_nsec == m_nanoseconds;
  if (!broken && same) return {};
  return fail(
      "{}: the file was cut short or rewritten while it was open: expected {} bytes as they were, found {}; "
      "put the file back and open the model again",
      m_name, m_size,
      unknown ? std::string("none") : fmt::format("{}{}", now.st_size, broken ? " with pages missing" : ""));
}

Status MappedFile::read(size_t offset, std::span<std::byte> into) const {
  return readFully(m_descriptor, m_name, offset, into);
}

void MappedFile::release(size_t offset, size_t bytes) const {
  const size_t page = pageBytes.load(std::memory_order_relaxed);
  const size_t first = (offset + page - 1) / page * page;
  const size_t last = (offset + bytes) / page * page;
  if (!m_data || last <= first) return;
  // After a fault the pages are anonymous, and giving those back would only make zeros of zeros.
  madvise(const_cast<std::byte*>(m_data) + first, last - first, MADV_DONTNEED);
}

Result<std::string> readTextFile(const std::filesystem::path& path, size_t limit) {
  const std::string name = path.filename().string();
  TRY_ASSIGN(const OpenFile file, openRegular(path, name));
  const auto size = static_cast<size_t>(file.status.st_size);
  if (size > limit) {
    ::close(file.descriptor);
    return fail("{}: expected at most {} bytes, found {}", name, limit, size);
  }
  std::string text(size, '\0');
  const Status status = readFully(file.descriptor, name, 0, std::as_writable_bytes(std::span(text)));
  ::close(file.descriptor);
  if (!status) return tl::unexpected<Error>(status.error());
  return text;
}

}  // namespace core
