#include "app/docks/sampling_row.h"

#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSpinBox>
#include <algorithm>

#include "app/workbench.h"

namespace app {
namespace {

constexpr int kMostSeed = 1'000'000'000;

template <class Box>
Box* addBox(QGridLayout& grid, int row, int column, const QString& label, const QString& name, const QString& tip) {
  auto* words = new QLabel(label);
  words->setProperty("role", "label");
  auto* box = new Box;
  box->setObjectName(name);
  box->setAccessibleName(label);
  box->setToolTip(tip);
  box->setButtonSymbols(QAbstractSpinBox::NoButtons);
  words->setBuddy(box);
  grid.addWidget(words, row, column * 2);
  grid.addWidget(box, row, column * 2 + 1);
  return box;
}

}  // namespace

SamplingRow::SamplingRow(Workbench& workbench) : m_workbench(workbench) {
  auto* grid = new QGridLayout(this);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setHorizontalSpacing(6);
  grid->setVerticalSpacing(4);
  m_temperature = addBox<QDoubleSpinBox>(*grid, 0, 0, tr("Temperature"), "samplingTemperature",
                                         tr("0 takes the likeliest token; higher values even the odds"));
  m_temperature->setRange(0, 5);
  m_temperature->setSingleStep(0.1);
  m_temperature->setSpecialValueText(tr("greedy"));
  m_seed = addBox<QSpinBox>(*grid, 0, 1, tr("Seed"), "samplingSeed", tr("The same seed draws the same tokens again"));
  m_seed->setRange(0, kMostSeed);
  m_topK = addBox<QSpinBox>(*grid, 1, 0, tr("Top k"), "samplingTopK", tr("Only the k likeliest tokens are drawn from"));
  m_topK->setRange(0, 100000);
  m_topK->setSpecialValueText(tr("all"));
  m_topP = addBox<QDoubleSpinBox>(*grid, 1, 1, tr("Top p"), "samplingTopP",
                                  tr("Only the likeliest tokens that together reach p are drawn from"));
  m_topP->setRange(0.01, 1);
  m_topP->setSingleStep(0.05);
  grid->setColumnStretch(1, 1);
  grid->setColumnStretch(3, 1);
  for (QDoubleSpinBox* box : {m_temperature, m_topP}) {
    connect(box, &QDoubleSpinBox::valueChanged, this, &SamplingRow::edited);
  }
  for (QSpinBox* box : {m_seed, m_topK}) connect(box, &QSpinBox::valueChanged, this, &SamplingRow::edited);
  connect(&workbench, &Workbench::samplingChanged, this, [this] { showSampling(m_workbench.sampling()); });
  showSampling(workbench.sampling());
}

void SamplingRow::showSampling(const core::Sampling& sampling) {
  const QSignalBlocker temperature(m_temperature), topK(m_topK), topP(m_topP), seed(m_seed);
  m_temperature->setValue(sampling.temperature);
  m_topK->setValue(sampling.topK);
  m_topP->setValue(sampling.topP);
  m_seed->setValue(static_cast<int>(std::min<uint64_t>(sampling.seed, kMostSeed)));
  const bool draws = sampling.temperature > 0;
  for (QWidget* box : std::initializer_list<QWidget*>{m_topK, m_topP, m_seed}) box->setEnabled(draws);
}

void SamplingRow::edited() {
  core::Sampling sampling = m_workbench.sampling();
  sampling.temperature = m_temperature->value();
  sampling.topK = m_topK->value();
  sampling.topP = m_topP->value();
  // A seed of a recorded run may be larger than the field shows; it stays unless it is changed here.
  const auto shown = static_cast<int>(std::min<uint64_t>(sampling.seed, kMostSeed));
  if (m_seed->value() != shown) sampling.seed = static_cast<uint64_t>(m_seed->value());
  m_workbench.setSampling(sampling);
}

}  // namespace app
