#include "core/snapshot/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace core {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 20;

auto systemError(const std::filesystem::path& path, std::string_view what) {
  const int code = errno;
  const std::string_view hint = code == ENOSPC || code == EDQUOT ? "; free some space or write to another disk" : "";
  return fail("{}: cannot {}: {}{}", path.string(), what, std::strerror(code), hint);
}

}  // namespace

Result<AtomicFile> AtomicFile::create(const std::filesystem::path& path) {
  std::error_code ignored;
  AtomicFile file;
  // A link stays a link: what it points to is replaced.
  file.m_path = std::filesystem::is_symlink(path, ignored) ? std::filesystem::weakly_canonical(path, ignored) : path;
  if (file.m_path.empty()) file.m_path = path;
  const auto status = std::filesystem::status(file.m_path, ignored);
  if (status.type() == std::filesystem::file_type::directory) return fail("{}: is a folder, not a file", path.string());

  file.m_direct = std::filesystem::exists(status) && !std::filesystem::is_regular_file(status);
  if (file.m_direct) {
    file.m_temporary = file.m_path;
    file.m_file = open(file.m_path.c_str(), O_WRONLY | O_CLOEXEC);
    if (file.m_file < 0) return systemError(path, "write");
    return file;
  }
  std::string name = (file.m_path.parent_path() / ("." + file.m_path.filename().string() + ".XXXXXX")).string();
  file.m_file = mkostemp(name.data(), O_CLOEXEC);
  if (file.m_file < 0) return systemError(path, "create");
  file.m_temporary = name;
  const mode_t mask = umask(0);
  umask(mask);
  if (fchmod(file.m_file, 0666 & ~mask) != 0) return systemError(path, "set the permissions");
  return file;
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : m_path(std::move(other.m_path)),
      m_temporary(std::move(other.m_temporary)),
      m_buffer(std::move(other.m_buffer)),
      m_file(std::exchange(other.m_file, -1)),
      m_direct(other.m_direct) {}

AtomicFile::~AtomicFile() {
  if (m_file < 0) return;
  close(m_file);
  if (!m_direct) unlink(m_temporary.c_str());
}

Status AtomicFile::write(std::string_view bytes) {
  m_buffer.append(bytes);
  return m_buffer.size() < kBufferBytes ? Status{} : flush();
}

Status AtomicFile::flush() {
  std::string_view rest = m_buffer;
  while (!rest.empty()) {
    const ssize_t written = ::write(m_file, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return systemError(m_path, "write");
    rest.remove_prefix(static_cast<size_t>(written));
  }
  m_buffer.clear();
  return {};
}

Status AtomicFile::reopen() {
  const int file = open(m_temporary.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return systemError(m_path, "write");
  close(std::exchange(m_file, file));
  return {};
}

Status AtomicFile::commit() {
  TRY_STATUS(flush());
  if (!m_direct && fsync(m_file) != 0) return systemError(m_path, "write");
  const int file = std::exchange(m_file, -1);
  if (close(file) != 0) {
    const auto error = systemError(m_path, "write");
    if (!m_direct) unlink(m_temporary.c_str());
    return error;
  }
  if (m_direct) return {};
  if (rename(m_temporary.c_str(), m_path.c_str()) != 0) {
    const auto error = systemError(m_path, "create");
    unlink(m_temporary.c_str());
    return error;
  }
  return {};
}

}  // namespace core
