#include "app/question_text.h"

#include <QCoreApplication>
#include <QRegularExpression>
#include <QStringList>

namespace app {
namespace {

QString words(const char* text) { return QCoreApplication::translate("Question", text); }

core::Error expected(const QString& found) {
  return {words("Expected something like \u201Cchose L3E12\u201D, \u201Cdropped first\u201D or \u201Ctoken the\u201D, "
                "found \u201C%1\u201D.")
              .arg(found)
              .toStdString()};
}

QString wordsOf(const core::ChoiceQuestion& q) {
  QString place;
  if (q.layer && q.expert) {
    place = QStringLiteral("L%1E%2").arg(*q.layer).arg(*q.expert, 2, 10, QChar('0'));
  } else if (q.layer) {
    place = QStringLiteral("L%1").arg(*q.layer);
  } else if (q.expert) {
    place = QStringLiteral("E%1").arg(*q.expert, 2, 10, QChar('0'));
  }
  const QString kind = q.firstOnly ? words("first choices") : words("choices");
  const QString of = place.isEmpty() ? kind : words("%1 of %2").arg(kind, place);
  return q.droppedOnly ? words("%1 that were dropped").arg(of) : of;
}

core::Result<ParsedQuestion> parseToken(const QString& text,
                                        const std::function<std::optional<int32_t>(const QString&)>& idOf) {
  core::TokenQuestion question;
  if (text.startsWith('#')) {
    bool isNumber = false;
    question.id = text.mid(1).toInt(&isNumber);
    if (!isNumber || question.id < 0) return tl::unexpected(expected(text));
  } else {
    const std::optional<int32_t> id = idOf ? idOf(text) : std::nullopt;
    if (!id) {
      return core::fail("{}", words("\u201C%1\u201D is not one token of the model that is open. A token\u2019s number "
                                    "works always: \u201Ctoken #282\u201D.")
                                  .arg(text)
                                  .toStdString());
    }
    question.id = *id;
  }
  return ParsedQuestion{question, words("where token #%1 went").arg(question.id)};
}

}  // namespace

core::Result<ParsedQuestion> parseQuestion(const QString& text,
                                           const std::function<std::optional<int32_t>(const QString&)>& idOf) {
  static const QRegularExpression place("^(?:l(\\d{1,4}))?(?:e(\\d{1,4}))?$",
                                        QRegularExpression::CaseInsensitiveOption);
  // The token's text may begin with a space, as the token itself does.
  if (text.startsWith("token ", Qt::CaseInsensitive)) {
    const QString rest = text.mid(6);
    if (rest.isEmpty()) return tl::unexpected(expected(text));
    return parseToken(rest, idOf);
  }
  core::ChoiceQuestion question;
  bool any = false;
  for (const QString& word : text.split(' ', Qt::SkipEmptyParts)) {
    const QString lower = word.toLower();
    if (lower == "first") {
      question.firstOnly = any = true;
    } else if (lower == "dropped") {
      question.droppedOnly = any = true;
    } else if (lower == "chose" || lower == "chosen") {
      any = true;
    } else if (const auto match = place.match(word); match.hasMatch() && !word.isEmpty()) {
      if (!match.captured(1).isEmpty()) question.layer = match.captured(1).toInt();
      if (!match.captured(2).isEmpty()) question.expert = match.captured(2).toInt();
      any = true;
    } else {
      return tl::unexpected(expected(word));
    }
  }
  if (!any) return tl::unexpected(expected(text));
  return ParsedQuestion{question, wordsOf(question)};
}

}  // namespace app
