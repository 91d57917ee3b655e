// Brings a model's weights onto a device.
#pragma once

#include <functional>

#include "gpu/pass.h"

namespace gpu {

struct UploadedModel {
  DeviceModel model;
  std::unique_ptr<DeviceWeights> memory;
};

// Errors: weights larger than the device's memory, out of memory, a row larger than a binding; cancelled, when
// `uploading` (may be empty: GpuOptions) gives up.
core::Result<UploadedModel> uploadModel(const std::shared_ptr<Device>& device, const core::Model& model,
                                        const std::function<bool(double share)>& uploading = {});

}  // namespace gpu
