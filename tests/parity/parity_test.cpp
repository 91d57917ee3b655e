#include "tests/parity/parity.h"

#include <cmath>
#include <set>

#include "core/base/half.h"
#include "tests/support/random_blocks.h"

namespace test {

OwnedLinear::OwnedLinear(core::DType type, uint32_t outputs, uint32_t inputs, bool bias, uint32_t seed, float scale) {
  const bool blocks = core::isQuantised(type);
  const std::vector<float> values = randomFloats(blocks ? 0 : size_t{outputs} * inputs, seed, scale);
  bytes.resize(values.size() * core::bytesOf(type));
  if (blocks) bytes = randomWeights(type, size_t{outputs} * inputs, seed, scale);
  for (size_t i = 0; i < values.size(); ++i) {
    if (type == core::DType::F32) {
      std::memcpy(bytes.data() + i * 4, &values[i], 4);
    } else {
      const uint16_t packed = type == core::DType::F16 ? core::floatToHalf(values[i]) : core::floatToBf16(values[i]);
      std::memcpy(bytes.data() + i * 2, &packed, 2);
    }
  }
  linear.weight = {bytes.data(), type, {outputs, inputs}};
  if (bias) {
    biasValues = randomFloats(outputs, seed + 1);
    linear.bias = {reinterpret_cast<const std::byte*>(biasValues.data()), core::DType::F32, {outputs}};
  }
}

namespace {

class Parity : public testing::TestWithParam<std::tuple<ParityRow, bool>> {};

// A not-a-number on both sides agrees.
bool close(double expected, double got, const ParityRow& row) {
  if (std::isnan(expected) || std::isnan(got)) return std::isnan(expected) && std::isnan(got);
  if (std::isinf(expected) || std::isinf(got)) return expected == got;
  return std::abs(expected - got) <= row.absolute + row.relative * std::abs(expected);
}

TEST_P(Parity, KernelAgreesWithReference) {
  const auto& [row, asDiscrete] = GetParam();
  const auto device = sharedDevice(asDiscrete);
  const Outcome outcome = row.run(device);
  ASSERT_EQ(outcome.expected.size(), outcome.got.size());
  ASSERT_EQ(outcome.expectedIds.size(), outcome.gotIds.size());
  ASSERT_GT(outcome.expected.size() + outcome.expectedIds.size(), 0u);
  for (size_t i = 0; i < outcome.expected.size(); ++i) {
    ASSERT_TRUE(close(outcome.expected[i], outcome.got[i], row))
        << row.op << " " << row.shape << " index " << i << " expected " << outcome.expected[i] << " got "
        << outcome.got[i];
  }
  for (size_t i = 0; i < outcome.expectedIds.size(); ++i) {
    ASSERT_EQ(outcome.expectedIds[i], outcome.gotIds[i]) << row.op << " " << row.shape << " index " << i << " expected "
                                                         << outcome.expectedIds[i] << " got " << outcome.gotIds[i];
  }
  EXPECT_EQ(device->messages(), std::vector<std::string>{});
}

std::string rowName(const testing::TestParamInfo<Parity::ParamType>& info) {
  std::string name = std::get<0>(info.param).op + "_" + std::get<0>(info.param).shape +
                     (std::get<1>(info.param) ? "_tiles" : "_registers");
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Table, Parity, testing::Combine(testing::ValuesIn(parityRows()), testing::Bool()), rowName);

TEST(ParityTable, EveryKernelHasARow) {
  std::set<std::string> covered;
  for (const ParityRow& row : parityRows()) covered.insert(row.kernels.begin(), row.kernels.end());
  for (const gpu::Kernel& kernel : gpu::kernels()) EXPECT_TRUE(covered.contains(kernel.name)) << kernel.name;
  for (const std::string& name : covered) EXPECT_LT(gpu::kernelIndex(name), gpu::kernels().size());
}

}  // namespace
}  // namespace test
