#include "core/model/mapped_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "tests/support/support.h"

namespace {

namespace fs = std::filesystem;

constexpr size_t kBytes = size_t{1} << 20;

fs::path write(const fs::path& path, size_t bytes) {
  std::ofstream(path, std::ios::binary) << std::string(bytes, 'x');
  return path;
}

std::shared_ptr<const core::MappedFile> map(const fs::path& path) { return core::MappedFile::open(path).value(); }

TEST(MappedFile, AnUntouchedFilePassesItsCheck) {
  const test::ScratchFolder scratch;
  const auto file = map(write(scratch.path() / "a", kBytes));
  EXPECT_EQ(file->size(), kBytes);
  EXPECT_EQ(file->data()[kBytes - 1], std::byte{'x'});
  EXPECT_TRUE(file->check().has_value());
  file->release(0, kBytes);
  EXPECT_EQ(file->data()[5000], std::byte{'x'});
}

TEST(MappedFile, ReadingWhatWasCutAwayGivesZerosAndThenAnError) {
  const test::ScratchFolder scratch;
  const auto file = map(write(scratch.path() / "a", kBytes));
  const auto other = map(write(scratch.path() / "b", kBytes));
  fs::resize_file(scratch.path() / "a", 5000);
  EXPECT_EQ(file->data()[100], std::byte{'x'});
  for (size_t i = 8192; i < kBytes; i += 4096) EXPECT_EQ(file->data()[i], std::byte{0});
  EXPECT_EQ(file->data()[kBytes - 1], std::byte{0});
  EXPECT_EQ(
      file->check().error().message,
      "a: the file was cut short or rewritten while it was open: expected 1048576 bytes as they were, found 5000 with "
      "pages missing; put the file back and open the model again");
  EXPECT_TRUE(other->check().has_value());
}

TEST(MappedFile, AFileThatGrewBackIsStillBrokenOnceAPageWasMissing) {
  const test::ScratchFolder scratch;
  const auto file = map(write(scratch.path() / "a", kBytes));
  fs::resize_file(scratch.path() / "a", 0);
  EXPECT_EQ(file->data()[0], std::byte{0});
  fs::resize_file(scratch.path() / "a", kBytes);
  EXPECT_FALSE(file->check().has_value());
}

TEST(MappedFile, ARewriteOfTheSameLengthIsNoticed) {
  const test::ScratchFolder scratch;
  const auto file = map(write(scratch.path() / "a", kBytes));
  fs::last_write_time(scratch.path() / "a", fs::last_write_time(scratch.path() / "a") + std::chrono::seconds(1));
  EXPECT_FALSE(file->check().has_value());
}

TEST(MappedFile, AFileThatIsReplacedUnderItsNameStaysAsItWas) {
  const test::ScratchFolder scratch;
  const auto file = map(write(scratch.path() / "a", kBytes));
  fs::rename(write(scratch.path() / "b", 10), scratch.path() / "a");
  EXPECT_EQ(file->data()[kBytes - 1], std::byte{'x'});
  EXPECT_TRUE(file->check().has_value());
}

TEST(MappedFile, ReadsPastTheEndAreErrors) {
  const test::ScratchFolder scratch;
  const auto file = map(write(scratch.path() / "a", 100));
  std::vector<std::byte> buffer(50);
  EXPECT_TRUE(file->read(50, buffer).has_value());
  EXPECT_FALSE(file->read(51, buffer).has_value());
}

TEST(MappedFile, FoldersPipesAndMissingFilesAreErrorsAtOnce) {
  const test::ScratchFolder scratch;
  EXPECT_FALSE(core::MappedFile::open(scratch.path()).has_value());
  EXPECT_FALSE(core::MappedFile::open(scratch.path() / "none").has_value());
  ASSERT_EQ(mkfifo((scratch.path() / "pipe").c_str(), 0600), 0);
  EXPECT_FALSE(core::MappedFile::open(scratch.path() / "pipe").has_value());
  EXPECT_FALSE(core::MappedFile::open(fs::path(std::string("a\0b", 3))).has_value());
}

TEST(MappedFile, AnEmptyFileHasNoData) {
  const test::ScratchFolder scratch;
  const auto file = map(write(scratch.path() / "a", 0));
  EXPECT_EQ(file->data(), nullptr);
  EXPECT_TRUE(file->check().has_value());
}

TEST(MappedFile, ABusErrorThatIsNotOursEndsTheProcessAsBefore) {
  const test::ScratchFolder scratch;
  const auto ours = map(write(scratch.path() / "a", kBytes));
  write(scratch.path() / "b", kBytes);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    signal(SIGALRM, SIG_DFL);
    alarm(10);
    const int descriptor = open((scratch.path() / "b").c_str(), O_RDWR);
    auto* data = static_cast<volatile char*>(mmap(nullptr, kBytes, PROT_READ, MAP_PRIVATE, descriptor, 0));
    if (ftruncate(descriptor, 0) != 0) _exit(3);
    _exit(data[5000] == 'x' ? 41 : 42);  // never reached
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  // Its report, then an abort or an exit with a number of its own.
  EXPECT_TRUE(WIFSIGNALED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 41 && WEXITSTATUS(status) != 42));
  EXPECT_FALSE(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) << "it hung";
#else
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS) << status;
#endif
}

TEST(TextFile, IsReadWholeAndNoLongerThanAllowed) {
  const test::ScratchFolder scratch;
  write(scratch.path() / "a", 100);
  EXPECT_EQ(core::readTextFile(scratch.path() / "a", 100)->size(), 100u);
  EXPECT_EQ(core::readTextFile(scratch.path() / "a", 99).error().message, "a: expected at most 99 bytes, found 100");
  EXPECT_FALSE(core::readTextFile(scratch.path(), 99).has_value());
}

}  // namespace
