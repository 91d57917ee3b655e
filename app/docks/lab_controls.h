// The controls of the lab: which policy, with what settings, in which order its choices are served, and the capacity
// that lies over it.
#pragma once

#include <QWidget>
#include <functional>
#include <vector>

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

  void show(const ui::LabView& view, const std::optional<core::ReplayOptions>& change,
            const core::CapacityOptions& capacity, bool hasRule);

 signals:
  void changeEdited(const std::optional<core::ReplayOptions>& change);  // none: as recorded
  void capacityEdited(const core::CapacityOptions& options);

 private:
  using Options = core::ReplayOptions;
  // One setting: its box, when it is there, and how its value is shown.
  struct Row {
    QWidget* box = nullptr;
    std::function<bool(const ui::LabView& view, bool changed)> isThere;
    std::function<void(const ui::LabView& view)> show;
  };
  using IsThere = std::function<bool(const ui::LabView&, bool)>;

  void makeRows();
  void makePolicyRows();
  void makeServingRows();
  void makeCapacityRows();
  void alignLabels(QLabel& first);
  QSpinBox* whole(const QString& name, const QString& label, int most, const IsThere& isThere,
                  const std::function<int(const Options&)>& get, const std::function<void(Options&, int)>& set);
  QDoubleSpinBox* number(const QString& name, const QString& label, double least, double most, double step,
                         const IsThere& isThere, double core::Policy::*member);
  QComboBox* list(const QString& name, const QString& label, const QStringList& entries, const IsThere& isThere,
                  const std::function<int(const Options&)>& get, const std::function<void(Options&, int)>& set);
  void change(const std::function<void(Options&)>& set);
  void choosePolicy(int index);
  void chooseRule(int index);
  void showPolicies(const ui::LabView& view, const std::optional<core::ReplayOptions>& change);
  void showCapacity(const ui::LabView& view, bool hasRule);

  QFormLayout* m_form = nullptr;
  QComboBox* m_policy = nullptr;
  QLabel* m_says = nullptr;
  QComboBox* m_rule = nullptr;
  QDoubleSpinBox* m_factor = nullptr;
  std::vector<Row> m_rows;
  core::ReplayOptions m_now;  // what the controls show
  core::CapacityOptions m_capacity;
  std::vector<core::Policy> m_usual;  // (policies) as each begins, in the list's order
  bool m_showing = false;             // what changes now was not changed by the user
};

}  // namespace app
