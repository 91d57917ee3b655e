// How the next tokens are drawn: temperature, top-k, top-p and the seed. Temperature 0 takes the likeliest.
#pragma once

#include <QWidget>

#include "core/trace/trace.h"

class QDoubleSpinBox;
class QSpinBox;

namespace app {

class Workbench;

class SamplingRow : public QWidget {
  Q_OBJECT

 public:
  explicit SamplingRow(Workbench& workbench);

 private:
  void showSampling(const core::Sampling& sampling);
  void edited();

  Workbench& m_workbench;
  QDoubleSpinBox* m_temperature = nullptr;
  QSpinBox* m_topK = nullptr;
  QDoubleSpinBox* m_topP = nullptr;
  QSpinBox* m_seed = nullptr;
};

}  // namespace app
