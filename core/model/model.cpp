#include "core/model/model.h"

namespace core {

int64_t Tensor::elements() const {
  int64_t product = 1;
  for (int64_t size : shape) product *= size;
  return product;
}

}  // namespace core
