// A labelled number with two small arrows, as the toolbar has them: "token 22", "expert E08".
#pragma once

#include <QFrame>
#include <QSpinBox>

#include "ui/theme.h"

class QToolButton;

namespace app {

class NumberField : public QFrame {
  Q_OBJECT

 public:
  enum class Arrows { LeftRight, UpDown };

  // `marker`: put in front of the number ("E"), which then has two digits, three from 100 on.
  NumberField(const QString& label, const QString& marker, Arrows arrows, QWidget* parent = nullptr);

  void setCount(int count);  // numbers go from 0 to count - 1; 0: disabled
  void setValue(int value);
  int value() const { return m_box->value(); }
  QSpinBox* box() const { return m_box; }
  void setTheme(const ui::Theme& theme);

 signals:
  void edited(int value);  // by the user

 private:
  QSpinBox* m_box = nullptr;
  QToolButton* m_less = nullptr;
  QToolButton* m_more = nullptr;
  const Arrows m_arrows;
};

}  // namespace app
