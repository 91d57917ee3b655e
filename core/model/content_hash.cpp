#include "core/model/content_hash.h"

#include <xxhash.h>

#include <algorithm>
#include <memory>

namespace core {
namespace {

constexpr size_t kWholeBelow = size_t{64} << 20;
constexpr size_t kBlocks = 1024;
constexpr size_t kBlockBytes = 4096;
constexpr size_t kBufferBytes = size_t{1} << 20;

class Hasher {
 public:
  Hasher() : m_state(XXH3_createState(), &XXH3_freeState), m_buffer(kBufferBytes) { XXH3_128bits_reset(m_state.get()); }

  void add(std::string_view text) { XXH3_128bits_update(m_state.get(), text.data(), text.size()); }

  // Read, not mapped: hashing must not fill memory with pages of the file.
  Status add(const MappedFile& file, size_t offset, size_t bytes) {
    for (size_t done = 0; done < bytes;) {
      const std::span<std::byte> part = std::span(m_buffer).first(std::min(m_buffer.size(), bytes - done));
      TRY_STATUS(file.read(offset + done, part));
      XXH3_128bits_update(m_state.get(), part.data(), part.size());
      done += part.size();
    }
    return {};
  }

  std::string digest() const {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(m_state.get()));
    std::string text;
    for (const unsigned char byte : canonical.digest) text += fmt::format("{:02x}", byte);
    return text;
  }

 private:
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> m_state;
  std::vector<std::byte> m_buffer;
};

}  // namespace

Result<std::string> contentHash(std::string_view config, const WeightFiles& files) {
  Hasher hasher;
  hasher.add(config);
  for (const WeightFiles::File& opened : files.files()) {
    const MappedFile& file = *opened.file;
    if (file.size() <= kWholeBelow) {
      TRY_STATUS(hasher.add(file, 0, file.size()));
      continue;
    }
    const size_t header = opened.headerBytes;
    TRY_STATUS(hasher.add(file, 0, header));
    const size_t data = file.size() - header;
    if (data <= kBlocks * kBlockBytes) {
      TRY_STATUS(hasher.add(file, header, data));
      continue;
    }
    for (size_t i = 0; i < kBlocks; ++i) {
      const size_t offset =
          (data - kBlockBytes) / (kBlocks - 1) * i + (data - kBlockBytes) % (kBlocks - 1) * i / (kBlocks - 1);
      TRY_STATUS(hasher.add(file, header + offset, kBlockBytes));
    }
  }
  return hasher.digest();
}

}  // namespace core
