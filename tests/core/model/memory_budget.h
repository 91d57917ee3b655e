// How much memory something needs at its worst moment, measured in a child process of its own.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>

namespace test {

// Under a sanitizer most of the memory is its own, and says nothing.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMeasuresMemory = false;
#else
constexpr bool kMeasuresMemory = true;
#endif

inline long peakKilobytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

// What every reader of foreign files is allowed.
inline size_t budgetFor(size_t fileBytes) { return 4 * fileBytes + (size_t{32} << 20); }

// Mebibytes by which the peak grows past what it was, -1 if the child died.
template <class Work>
int peakGrowthMebibytes(const Work& work) {
  const pid_t child = fork();
  if (child < 0) return -1;
  if (child == 0) {
    const long before = peakKilobytes();
    work();
    _exit(static_cast<int>(std::min(255L, (peakKilobytes() - before + 1023) / 1024)));
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

inline void expectWithin(int grownMebibytes, size_t fileBytes) {
  EXPECT_GE(grownMebibytes, 0) << "the child died";
  EXPECT_LT(grownMebibytes, 255) << "more than can be told";
  EXPECT_LE(grownMebibytes, static_cast<int>(budgetFor(fileBytes) >> 20)) << "for a file of " << fileBytes << " bytes";
}

}  // namespace test
