#include "core/base/dtype.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace {

TEST(DTypes, ABlockOfEveryTypeHasTheSizeOfItsFields) {
  // Bits of an element, and what scales and minima a block adds, as ggml-common.h declares them.
  EXPECT_EQ(core::bytesOf(core::DType::F32, 3), 12u);
  EXPECT_EQ(core::bytesOf(core::DType::BF16, 3), 6u);
  EXPECT_EQ(core::bytesOf(core::DType::Q8_0, 64), 2u * (2 + 32));
  EXPECT_EQ(core::bytesOf(core::DType::Q4_0, 32), 2u + 16);
  EXPECT_EQ(core::bytesOf(core::DType::Q4_1, 32), 4u + 16);
  EXPECT_EQ(core::bytesOf(core::DType::Q5_0, 32), 2u + 4 + 16);
  EXPECT_EQ(core::bytesOf(core::DType::Q5_1, 32), 4u + 4 + 16);
  EXPECT_EQ(core::bytesOf(core::DType::Q2_K, 256), 16u + 64 + 4);
  EXPECT_EQ(core::bytesOf(core::DType::Q3_K, 256), 32u + 64 + 12 + 2);
  EXPECT_EQ(core::bytesOf(core::DType::Q4_K, 256), 4u + 12 + 128);
  EXPECT_EQ(core::bytesOf(core::DType::Q5_K, 256), 4u + 12 + 32 + 128);
  EXPECT_EQ(core::bytesOf(core::DType::Q6_K, 512), 2u * (128 + 64 + 16 + 2));
  EXPECT_EQ(core::bytesOf(core::DType::IQ4_NL, 32), 2u + 16);
  EXPECT_EQ(core::bytesOf(core::DType::IQ4_XS, 256), 2u + 2 + 4 + 128);
  EXPECT_EQ(core::bytesOf(core::DType::MXFP4, 32), 1u + 16);
}

TEST(DTypes, EveryTypeHasOneGgmlNumberAndOneName) {
  std::set<std::string_view> names;
  std::set<core::DType> computed;
  for (const core::GgmlType& row : core::kGgmlTypes) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_EQ(core::ggmlType(row.id), &row) << row.name;
    if (!row.type) continue;
    EXPECT_TRUE(computed.insert(*row.type).second) << row.name;
    EXPECT_EQ(core::nameOf(*row.type), row.name);
  }
  EXPECT_EQ(computed.size(), core::kDTypes.size());
  for (const uint32_t removed : {4u, 5u, 31u, 36u, 200u}) EXPECT_EQ(core::ggmlType(removed), nullptr) << removed;
}

}  // namespace
