/* postgresql_words.c: what PostgreSQL calls its levels and what it adds, in English and in the
 * languages that its catalogue has (src/backend/po, of version 15). */
#include "timeline/postgresql_words.h"
#include "base/mem.h"

static const struct {
    const char *word, *level;
} levels[] = {
    {"ERROR", "ERROR"},
    {"FATAL", "FATAL"},
    {"PANIC", "PANIC"},
    {"WARNING", "WARNING"},
    {"NOTICE", "NOTICE"},
    {"INFO", "INFO"},
    {"LOG", "LOG"},
    {"DEBUG", "DEBUG"},
    {"DEBUG1", "DEBUG1"},
    {"DEBUG2", "DEBUG2"},
    {"DEBUG3", "DEBUG3"},
    {"DEBUG4", "DEBUG4"},
    {"DEBUG5", "DEBUG5"},
    {"FEHLER", "ERROR"},
    {"PANIK", "PANIC"},
    {"WARNUNG", "WARNING"},
    {"HINWEIS", "NOTICE"},
    {"ERREUR", "ERROR"},
    {"ATTENTION", "WARNING"},
    {"ERRORE", "ERROR"},
    {"FATALE", "FATAL"},
    {"PANICO", "PANIC"},
    {"ATTENZIONE", "WARNING"},
    {"NOTIFICA", "NOTICE"},
    {"შეცდომა", "ERROR"},
    {"ფატალური", "FATAL"},
    {"პანიკა", "PANIC"},
    {"გაფრთხილება", "WARNING"},
    {"ინფორმაცია", "INFO"},
    {"ჟურნალი", "LOG"},
    {"გამართვა", "DEBUG"},
    {"오류", "ERROR"},
    {"치명적오류", "FATAL"},
    {"손상", "PANIC"},
    {"경고", "WARNING"},
    {"알림", "NOTICE"},
    {"정보", "INFO"},
    {"로그", "LOG"},
    {"디버그", "DEBUG"},
    {"ОШИБКА", "ERROR"},
    {"ВАЖНО", "FATAL"},
    {"ПАНИКА", "PANIC"},
    {"ПРЕДУПРЕЖДЕНИЕ", "WARNING"},
    {"ЗАМЕЧАНИЕ", "NOTICE"},
    {"ИНФОРМАЦИЯ", "INFO"},
    {"СООБЩЕНИЕ", "LOG"},
    {"ОТЛАДКА", "DEBUG"},
    {"FEL", "ERROR"},
    {"FATALT", "FATAL"},
    {"VARNING", "WARNING"},
    {"NOTIS", "NOTICE"},
    {"LOGG", "LOG"},
    {"ПОМИЛКА", "ERROR"},
    {"ФАТАЛЬНО", "FATAL"},
    {"ПАНІКА", "PANIC"},
    {"ПОПЕРЕДЖЕННЯ", "WARNING"},
    {"ПОВІДОМЛЕННЯ", "NOTICE"},
    {"ІНФОРМАЦІЯ", "INFO"},
    {"ЗАПИСУВАННЯ", "LOG"},
    {"НАЛАГОДЖЕННЯ", "DEBUG"},
    {"错误", "ERROR"},
    {"致命错误", "FATAL"},
    {"灾难性错误", "PANIC"},
    {"警告", "WARNING"},
    {"注意", "NOTICE"},
    {"信息", "INFO"},
    {"日志", "LOG"},
    {"调试", "DEBUG"},
    {"錯誤", "ERROR"},
    {"致命錯誤", "FATAL"},
    {"嚴重錯誤", "PANIC"},
    {"資訊", "INFO"},
    {"日誌", "LOG"},
    {"除錯", "DEBUG"},
};

static const struct {
    const char *word, *field;
} additions[] = {
    {"DETAIL", "postgresql.detail"},
    {"HINT", "postgresql.hint"},
    {"CONTEXT", "postgresql.context"},
    {"STATEMENT", "postgresql.statement"},
    {"QUERY", "postgresql.query"},
    {"LOCATION", "postgresql.location"},
    {"TIPP", "postgresql.hint"},
    {"ZUSAMMENHANG", "postgresql.context"},
    {"ANWEISUNG", "postgresql.statement"},
    {"ANFRAGE", "postgresql.query"},
    {"ORT", "postgresql.location"},
    {"DETALLE", "postgresql.detail"},
    {"CONTEXTO", "postgresql.context"},
    {"SENTENCIA", "postgresql.statement"},
    {"CONSULTA", "postgresql.query"},
    {"UBICACIÓN", "postgresql.location"},
    {"DÉTAIL", "postgresql.detail"},
    {"ASTUCE ", "postgresql.hint"},
    {"CONTEXTE ", "postgresql.context"},
    {"INSTRUCTION ", "postgresql.statement"},
    {"REQUÊTE ", "postgresql.query"},
    {"EMPLACEMENT ", "postgresql.location"},
    {"DETTAGLI", "postgresql.detail"},
    {"SUGGERIMENTO", "postgresql.hint"},
    {"CONTESTO", "postgresql.context"},
    {"ISTRUZIONE", "postgresql.statement"},
    {"POSIZIONE", "postgresql.location"},
    {"詳細", "postgresql.detail"},
    {"ヒント", "postgresql.hint"},
    {"文脈", "postgresql.context"},
    {"文", "postgresql.statement"},
    {"問い合わせ", "postgresql.query"},
    {"場所", "postgresql.location"},
    {"დეტალები", "postgresql.detail"},
    {"მინიშნება", "postgresql.hint"},
    {"კონტექსტი", "postgresql.context"},
    {"ოპერატორი", "postgresql.statement"},
    {"მოთხოვნა", "postgresql.query"},
    {"მდებარეობა", "postgresql.location"},
    {"상세정보", "postgresql.detail"},
    {"힌트", "postgresql.hint"},
    {"내용", "postgresql.context"},
    {"명령 구문", "postgresql.statement"},
    {"ПОДРОБНОСТИ", "postgresql.detail"},
    {"ПОДСКАЗКА", "postgresql.hint"},
    {"КОНТЕКСТ", "postgresql.context"},
    {"ОПЕРАТОР", "postgresql.statement"},
    {"ЗАПРОС", "postgresql.query"},
    {"DETALJ", "postgresql.detail"},
    {"TIPS", "postgresql.hint"},
    {"KONTEXT", "postgresql.context"},
    {"SATS", "postgresql.statement"},
    {"FRÅGA", "postgresql.query"},
    {"PLATS", "postgresql.location"},
    {"ВІДОМОСТІ", "postgresql.detail"},
    {"УКАЗІВКА", "postgresql.hint"},
    {"ІНСТРУКЦІЯ", "postgresql.statement"},
    {"ЗАПИТ", "postgresql.query"},
    {"РОЗТАШУВАННЯ", "postgresql.location"},
    {"详情", "postgresql.detail"},
    {"提示", "postgresql.hint"},
    {"上下文", "postgresql.context"},
    {"语句", "postgresql.statement"},
    {"查询", "postgresql.query"},
    {"位置", "postgresql.location"},
    {"詳情", "postgresql.detail"},
    {"陳述式", "postgresql.statement"},
    {"查詢", "postgresql.query"},
};

struct str postgresql_level(struct str word)
{
    for (size_t i = 0; i < COUNT_OF(levels); i++)
        if (str_is(word, levels[i].word))
            return str_of(levels[i].level);
    return word;
}

const char *postgresql_addition(struct str word)
{
    for (size_t i = 0; i < COUNT_OF(additions); i++)
        if (str_is(word, additions[i].word))
            return additions[i].field;
    return NULL;
}

/* No letter of such a word, as far as that shows in its last byte. */
static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
}

static bool ends_with(struct str text, const char *word, struct str *found)
{
    size_t len = strlen(word);

    if (!str_ends(text, word) || (text.len > len && is_letter(text.p[text.len - len - 1])))
        return false;
    *found = str_from(text, text.len - len);
    return true;
}

bool postgresql_ends_with_word(struct str text, struct str *found)
{
    for (size_t i = 0; i < COUNT_OF(levels); i++)
        if (ends_with(text, levels[i].word, found))
            return true;
    for (size_t i = 0; i < COUNT_OF(additions); i++)
        if (ends_with(text, additions[i].word, found))
            return true;
    return false;
}
