// The controls of the lab: which policy, with what settings, and the capacity that lies over it.
#pragma once

#include <QWidget>

#include "ui/views/lab_view.h"

class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QSpinBox;

namespace app {

class LabControls : public QWidget {
  Q_OBJECT

 public:
  explicit LabControls(QWidget* parent = nullptr);

  void show(const ui::LabView& view, const std::optional<core::Policy>& policy, const core::CapacityOptions& capacity,
            bool hasRule);

 signals:
  void policyEdited(const std::optional<core::Policy>& policy);  // none: as recorded
  void capacityEdited(const core::CapacityOptions& options);

 private:
  void makeRows();
  QSpinBox* whole(const QString& name, const QString& label, int core::Policy::*member);
  QDoubleSpinBox* number(const QString& name, const QString& label, double least, double most, double step,
                         double core::Policy::*member);
  void choosePolicy(int index);
  void choose(const core::Policy& policy);
  void chooseRule(int index);

  QFormLayout* m_form = nullptr;
  QComboBox* m_policy = nullptr;
  QLabel* m_says = nullptr;
  QSpinBox* m_k = nullptr;
  QDoubleSpinBox* m_temperature = nullptr;
  QDoubleSpinBox* m_noise = nullptr;
  QDoubleSpinBox* m_threshold = nullptr;
  QDoubleSpinBox* m_jitter = nullptr;
  QDoubleSpinBox* m_lambda = nullptr;
  QSpinBox* m_groups = nullptr;
  QSpinBox* m_groupsChosen = nullptr;
  QSpinBox* m_seed = nullptr;
  QComboBox* m_rule = nullptr;
  QDoubleSpinBox* m_factor = nullptr;
  core::Policy m_now;  // what the controls show
  core::CapacityOptions m_capacity;
  std::vector<core::Policy> m_usual;  // (policies) as each begins
  bool m_showing = false;             // what changes now was not changed by the user
};

}  // namespace app
