// What the program runs when it is opened for the first time.
#pragma once

namespace app {

constexpr const char* kBundledModel = "seed-7m";
constexpr const char* kSamplePrompt =
    "There was a boy named Max who liked to play in the shop. He saw a big red bird near the water. He was very happy "
    "and "
    "said, \"Look,";
constexpr int kSampleTokens = 24;
constexpr double kSampleCapacity = 1.0;

}  // namespace app
