#include "app/go_to.h"

#include <QRegularExpression>

namespace app {

core::Result<ui::Cursor> goToPlace(const QString& text, const ui::Cursor& from, const ui::CursorSpace& space) {
  static const QRegularExpression word("^(?:(\\d{1,7})|(?:l(\\d{1,4}))?(?:e(\\d{1,4}))?)$",
                                       QRegularExpression::CaseInsensitiveOption);
  ui::Cursor cursor = from;
  struct Part {
    int* value;
    int count;
    const char* name;
  };
  const Part parts[] = {{&cursor.token, space.tokens, "token"},
                        {&cursor.layer, space.layers, "layer"},
                        {&cursor.expert, space.experts, "expert"}};
  bool any = false;
  for (const QString& each : text.split(' ', Qt::SkipEmptyParts)) {
    const QRegularExpressionMatch match = word.match(each);
    if (!match.hasMatch()) {
      return core::fail("expected something like 22, L3, E8 or 22 L3E8, found {}", each.toStdString());
    }
    for (int i = 0; i < 3; ++i) {
      const QString number = match.captured(i + 1);
      if (number.isEmpty()) continue;
      const Part& part = parts[i];
      if (number.toInt() >= part.count) {
        return core::fail("{} {}: this run has {} of them, counted from 0", part.name, number.toStdString(),
                          part.count);
      }
      *part.value = number.toInt();
      any = true;
    }
  }
  if (!any) return core::fail("expected a token, a layer or an expert: 22 L3E8");
  return cursor;
}

}  // namespace app
