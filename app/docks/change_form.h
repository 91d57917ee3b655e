// One change of the routing, put together by hand: what, to which expert, in which layers, for which tokens.
#pragma once

#include <QWidget>

#include "core/engine/intervention.h"
#include "ui/views/cursor.h"

class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QSpinBox;
class QUndoStack;

namespace app {

class FormUndo;

class ChangeForm : public QWidget {
  Q_OBJECT

 public:
  explicit ChangeForm(QUndoStack& undo, QWidget* parent = nullptr);

  void setModel(const core::ModelConfig& config, int tokens);
  // Expert and layer are the cursor's until the user sets others.
  void follow(const ui::Cursor& cursor);
  core::Intervention change() const;
  // What a policy change puts in the router's place.
  void setPolicy(const core::Policy& policy) { m_policy = policy; }

 private:
  void makeRows();
  void showRows();
  core::InterventionKind kind() const;

  QFormLayout* m_form = nullptr;
  QComboBox* m_kind = nullptr;
  QSpinBox* m_expert = nullptr;
  QSpinBox* m_other = nullptr;
  QSpinBox* m_k = nullptr;
  QDoubleSpinBox* m_factor = nullptr;
  QComboBox* m_rule = nullptr;
  QSpinBox* m_firstLayer = nullptr;
  QSpinBox* m_lastLayer = nullptr;
  QSpinBox* m_fromToken = nullptr;
  QSpinBox* m_toToken = nullptr;
  QSpinBox* m_tokenId = nullptr;
  FormUndo* m_undo = nullptr;
  core::Policy m_policy;
  int m_layers = 0;
  bool m_following = true, m_showing = false;
};

}  // namespace app
