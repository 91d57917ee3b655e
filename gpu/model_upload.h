// Brings a model's weights onto a device.
#pragma once

#include "gpu/pass.h"

namespace gpu {

struct UploadedModel {
  DeviceModel model;
  std::unique_ptr<DeviceWeights> memory;
};

// Errors: weights larger than the device's memory, out of memory, a row larger than a binding.
core::Result<UploadedModel> uploadModel(const std::shared_ptr<Device>& device, const core::Model& model);

}  // namespace gpu
