/*
 * Words as the message catalogues of PostgreSQL 13, 15 and 17 (src/backend/po) have them for the msgids
 * of elog.c's error_severity() ("WARNING", …) and section labels ("DETAIL:  ", …), in UTF-8 and, where
 * they are not ASCII, in the other encodings a server of that language may write. Left out are those that
 * are spelled as in English. A comment gives the languages and the encoding if it is not UTF-8.
 *
 * Versions differ in blanks: the fewest count. Georgian has one word for NOTICE and WARNING: it is
 * taken for the latter.
 */
#include "log_word_table.h"

#define W(word, what, before, blanks)                        \
	{                                                    \
		word, sizeof(word) - 1, what, before, blanks \
	}

/* Sorted by bytes: log_word_starts counts on it. clang-format off: one row a line. */
/* clang-format off */
const struct log_word_row log_word_rows[] = {
	W("ANFRAGE", SECTION(ENTRY_INTERNAL_QUERY), 0, 2), /* de */
	W("ANWEISUNG", SECTION(ENTRY_STATEMENT), 0, 2), /* de */
	W("ASTUCE", SECTION(ENTRY_HINT), 1, 2), /* fr */
	W("ATTENTION", SEVERITY(LEVEL_WARNING), 0, 2), /* fr */
	W("ATTENZIONE", SEVERITY(LEVEL_WARNING), 0, 2), /* it */
	W("AVISO", SEVERITY(LEVEL_WARNING), 0, 2), /* pt_BR */
	W("AYRINTI", SECTION(ENTRY_DETAIL), 0, 0), /* tr */
	W("B\xa3\xa1" "D", SEVERITY(LEVEL_ERROR), 0, 2), /* pl LATIN2: BŁĄD */
	W("B\xa3\xa5" "D", SEVERITY(LEVEL_ERROR), 0, 2), /* pl WIN1250: BŁĄD */
	W("BİLGİ", SEVERITY(LEVEL_INFO), 0, 2), /* tr */
	W("BŁĄD", SEVERITY(LEVEL_ERROR), 0, 2), /* pl */
	W("B\xddLG\xdd", SEVERITY(LEVEL_INFO), 0, 2), /* tr LATIN5: BİLGİ */
	W("COMANDO", SECTION(ENTRY_STATEMENT), 0, 2), /* pt_BR */
	W("CONSULTA", SECTION(ENTRY_INTERNAL_QUERY), 0, 2), /* es pt_BR */
	W("CONTESTO", SECTION(ENTRY_CONTEXT), 0, 2), /* it */
	W("CONTEXTE", SECTION(ENTRY_CONTEXT), 1, 2), /* fr */
	W("CONTEXTO", SECTION(ENTRY_CONTEXT), 0, 2), /* es pt_BR */
	W("DEPURAÇÃO", SEVERITY(LEVEL_DEBUG), 0, 2), /* pt_BR */
	W("DEPURA\xc7\xc3O", SEVERITY(LEVEL_DEBUG), 0, 2), /* pt_BR LATIN1: DEPURAÇÃO */
	W("DETALHE", SECTION(ENTRY_DETAIL), 0, 2), /* pt_BR */
	W("DETALJ", SECTION(ENTRY_DETAIL), 0, 2), /* sv */
	W("DETALLE", SECTION(ENTRY_DETAIL), 0, 2), /* es */
	W("DETIL", SECTION(ENTRY_DETAIL), 0, 2), /* id */
	W("DETTAGLI", SECTION(ENTRY_DETAIL), 0, 2), /* it */
	W("DICA", SECTION(ENTRY_HINT), 0, 2), /* pt_BR */
	W("DZIENNIK", SEVERITY(LEVEL_LOG), 0, 2), /* pl */
	W("DÉTAIL", SECTION(ENTRY_DETAIL), 0, 2), /* fr */
	W("D\xc9TAIL", SECTION(ENTRY_DETAIL), 0, 2), /* fr LATIN1: DÉTAIL */
	W("EMPLACEMENT", SECTION(ENTRY_FUNC_NAME), 1, 2), /* fr */
	W("ERREUR", SEVERITY(LEVEL_ERROR), 0, 2), /* fr */
	W("ERRO", SEVERITY(LEVEL_ERROR), 0, 2), /* pt_BR */
	W("ERRORE", SEVERITY(LEVEL_ERROR), 0, 2), /* it */
	W("FATALE", SEVERITY(LEVEL_FATAL), 0, 2), /* it */
	W("FATALT", SEVERITY(LEVEL_FATAL), 0, 2), /* sv */
	W("FEHLER", SEVERITY(LEVEL_ERROR), 0, 2), /* de */
	W("FEL", SEVERITY(LEVEL_ERROR), 0, 2), /* sv */
	W("FRÅGA", SECTION(ENTRY_INTERNAL_QUERY), 0, 2), /* sv */
	W("FR\xc5GA", SECTION(ENTRY_INTERNAL_QUERY), 0, 2), /* sv LATIN1: FRÅGA */
	W("HATA", SEVERITY(LEVEL_ERROR), 0, 2), /* tr */
	W("HINWEIS", SEVERITY(LEVEL_NOTICE), 0, 2), /* de */
	W("INFORMACJA", SEVERITY(LEVEL_INFO), 0, 2), /* pl */
	W("INSTRUCTION", SECTION(ENTRY_STATEMENT), 1, 2), /* fr */
	W("ISTRUZIONE", SECTION(ENTRY_STATEMENT), 0, 2), /* it */
	W("KATASTROFALNY", SEVERITY(LEVEL_FATAL), 0, 2), /* pl */
	W("KOMUT", SECTION(ENTRY_STATEMENT), 0, 2), /* tr */
	W("KONTEKS", SECTION(ENTRY_CONTEXT), 0, 2), /* id */
	W("KONTEKST", SECTION(ENTRY_CONTEXT), 0, 2), /* pl */
	W("KONTEXT", SECTION(ENTRY_CONTEXT), 0, 2), /* sv */
	W("KRİTİK", SEVERITY(LEVEL_PANIC), 0, 2), /* tr */
	W("KR\xddT\xddK", SEVERITY(LEVEL_PANIC), 0, 2), /* tr LATIN5: KRİTİK */
	W("LOCAL", SECTION(ENTRY_FUNC_NAME), 0, 2), /* pt_BR */
	W("LOGG", SEVERITY(LEVEL_LOG), 0, 2), /* sv */
	W("LOKASI", SECTION(ENTRY_FUNC_NAME), 0, 2), /* id */
	W("NOT", SEVERITY(LEVEL_NOTICE), 0, 2), /* tr */
	W("NOTA", SEVERITY(LEVEL_NOTICE), 0, 2), /* pt_BR */
	W("NOTIFICA", SEVERITY(LEVEL_NOTICE), 0, 2), /* it */
	W("NOTIS", SEVERITY(LEVEL_NOTICE), 0, 2), /* sv */
	W("ORT", SECTION(ENTRY_FUNC_NAME), 0, 2), /* de */
	W("ORTAM", SECTION(ENTRY_CONTEXT), 0, 0), /* tr */
	W("OSTRZE\xaf" "ENIE", SEVERITY(LEVEL_WARNING), 0, 2), /* pl LATIN2/WIN1250: OSTRZEŻENIE */
	W("OSTRZEŻENIE", SEVERITY(LEVEL_WARNING), 0, 2), /* pl */
	W("PANICO", SEVERITY(LEVEL_PANIC), 0, 2), /* it */
	W("PANIK", SEVERITY(LEVEL_PANIC), 0, 2), /* de id sv */
	W("PANIKA", SEVERITY(LEVEL_PANIC), 0, 2), /* pl */
	W("PERINGATAN", SEVERITY(LEVEL_WARNING), 0, 2), /* id */
	W("PERNYATAAN", SECTION(ENTRY_STATEMENT), 0, 2), /* id */
	W("PETUNJUK", SECTION(ENTRY_HINT), 1, 2), /* id */
	W("PILE D'APPEL", SECTION(ENTRY_BACKTRACE), 1, 1), /* fr */
	W("PLATS", SECTION(ENTRY_FUNC_NAME), 0, 2), /* sv */
	W("PODPOWIED\x8f", SECTION(ENTRY_HINT), 0, 2), /* pl WIN1250: PODPOWIEDŹ */
	W("PODPOWIED\xac", SECTION(ENTRY_HINT), 0, 2), /* pl LATIN2: PODPOWIEDŹ */
	W("PODPOWIEDŹ", SECTION(ENTRY_HINT), 0, 2), /* pl */
	W("POSIZIONE", SECTION(ENTRY_FUNC_NAME), 0, 2), /* it */
	W("POZYCJA", SECTION(ENTRY_FUNC_NAME), 0, 2), /* pl */
	W("P\xc2NICO", SEVERITY(LEVEL_PANIC), 0, 2), /* pt_BR LATIN1: PÂNICO */
	W("PÂNICO", SEVERITY(LEVEL_PANIC), 0, 2), /* pt_BR */
	W("REQUÊTE", SECTION(ENTRY_INTERNAL_QUERY), 1, 2), /* fr */
	W("REQU\xcaTE", SECTION(ENTRY_INTERNAL_QUERY), 1, 2), /* fr LATIN1: REQUÊTE */
	W("SATS", SECTION(ENTRY_STATEMENT), 0, 2), /* sv */
	W("SENTENCIA", SECTION(ENTRY_STATEMENT), 0, 2), /* es */
	W("SORGU", SECTION(ENTRY_INTERNAL_QUERY), 0, 0), /* tr */
	W("SUGGERIMENTO", SECTION(ENTRY_HINT), 0, 2), /* it */
	W("SZCZEGÓŁY", SECTION(ENTRY_DETAIL), 0, 2), /* pl */
	W("SZCZEGӣY", SECTION(ENTRY_DETAIL), 0, 2), /* pl */
	W("TIPP", SECTION(ENTRY_HINT), 0, 2), /* de */
	W("TIPS", SECTION(ENTRY_HINT), 0, 2), /* sv */
	W("UBICACIÓN", SECTION(ENTRY_FUNC_NAME), 0, 2), /* es */
	W("UBICACI\xd3N", SECTION(ENTRY_FUNC_NAME), 0, 2), /* es LATIN1: UBICACIÓN */
	W("UWAGA", SEVERITY(LEVEL_NOTICE), 0, 2), /* pl */
	W("UYARI", SEVERITY(LEVEL_WARNING), 0, 2), /* tr */
	W("VARNING", SEVERITY(LEVEL_WARNING), 0, 2), /* sv */
	W("WARNUNG", SEVERITY(LEVEL_WARNING), 0, 2), /* de */
	W("WYRA\xaf" "ENIE", SECTION(ENTRY_STATEMENT), 0, 2), /* pl LATIN2/WIN1250: WYRAŻENIE */
	W("WYRAŻENIE", SECTION(ENTRY_STATEMENT), 0, 2), /* pl */
	W("YER", SECTION(ENTRY_FUNC_NAME), 0, 1), /* tr */
	W("ZAPYTANIE", SECTION(ENTRY_INTERNAL_QUERY), 0, 2), /* pl */
	W("ZUSAMMENHANG", SECTION(ENTRY_CONTEXT), 0, 2), /* de */
	W("\x82\x80\x86\x8d\x8e", SEVERITY(LEVEL_FATAL), 0, 2), /* ru WIN866: ВАЖНО */
	W("\x87\x80\x8c\x85\x97\x80\x8d\x88\x85", SEVERITY(LEVEL_NOTICE), 0, 2), /* ru WIN866: ЗАМЕЧАНИЕ */
	W("\x87\x80\x8f\x90\x8e\x91", SECTION(ENTRY_INTERNAL_QUERY), 0, 2), /* ru WIN866: ЗАПРОС */
	W("\x88\x8d\x94\x8e\x90\x8c\x80\x96\x88\x9f", SEVERITY(LEVEL_INFO), 0, 2), /* ru WIN866: ИНФОРМАЦИЯ */
	W("\x8a\x8e\x8d\x92\x85\x8a\x91\x92", SECTION(ENTRY_CONTEXT), 0, 2), /* ru WIN866: КОНТЕКСТ */
	W("\x8e\x8f\x85\x90\x80\x92\x8e\x90", SECTION(ENTRY_STATEMENT), 0, 2), /* ru WIN866: ОПЕРАТОР */
	W("\x8e\x92\x8b\x80\x84\x8a\x80", SEVERITY(LEVEL_DEBUG), 0, 2), /* ru WIN866: ОТЛАДКА */
	W("\x8e\x98\x88\x81\x8a\x80", SEVERITY(LEVEL_ERROR), 0, 2), /* ru WIN866: ОШИБКА */
	W("\x8f\x80\x8d\x88\x8a\x80", SEVERITY(LEVEL_PANIC), 0, 2), /* ru WIN866: ПАНИКА */
	W("\x8f\x8e\x84\x90\x8e\x81\x8d\x8e\x91\x92\x88", SECTION(ENTRY_DETAIL), 0, 2), /* ru WIN866: ПОДРОБНОСТИ */
	W("\x8f\x8e\x84\x91\x8a\x80\x87\x8a\x80", SECTION(ENTRY_HINT), 0, 2), /* ru WIN866: ПОДСКАЗКА */
	W("\x8f\x8e\x8b\x8e\x86\x85\x8d\x88\x85", SECTION(ENTRY_FUNC_NAME), 0, 1), /* ru WIN866: ПОЛОЖЕНИЕ */
	W("\x8f\x90\x85\x84\x93\x8f\x90\x85\x86\x84\x85\x8d\x88\x85", SEVERITY(LEVEL_WARNING), 0, 2), /* ru WIN866: ПРЕДУПРЕЖДЕНИЕ */
	W("\x91\x8e\x8e\x81\x99\x85\x8d\x88\x85", SEVERITY(LEVEL_LOG), 0, 2), /* ru WIN866: СООБЩЕНИЕ */
	W("\x91\x92\x85\x8a", SECTION(ENTRY_BACKTRACE), 0, 2), /* ru WIN866: СТЕК */
	W("\xa5\xd0\xa5\xc3\xa5\xaf\xa5\xc8\xa5\xec\xa1\xbc\xa5\xb9", SECTION(ENTRY_BACKTRACE), 0, 2), /* ja EUC_JP: バックトレース */
	W("\xa5\xd2\xa5\xf3\xa5\xc8", SECTION(ENTRY_HINT), 0, 2), /* ja EUC_JP: ヒント */
	W("\xa6\xbd\xc1\xc2\xc0\xc3\xba\xc6\xa6\xcf", SECTION(ENTRY_STATEMENT), 0, 2), /* uk ISO_8859_5: ІНСТРУКЦІЯ */
	W("\xa6\xbd\xc4\xbe\xc0\xbc\xb0\xc6\xa6\xcf", SEVERITY(LEVEL_INFO), 0, 2), /* uk ISO_8859_5: ІНФОРМАЦІЯ */
	W("\xb0\xe6\xb0\xed", SEVERITY(LEVEL_WARNING), 0, 2), /* ko EUC_KR: 경고 */
	W("\xb1\xc8\xd6\xc2\xc3\xfc\xb4\xed\xce\xf3\xbb\xb9\xb9\xfd\xb7\xd6\xb5\xc4\xb4\xed\xce\xf3", SEVERITY(LEVEL_PANIC), 0, 2), /* zh_CN EUC_CN: 比致命错误还过分的错误 */
	W("\xb2\xa6\xb4\xbe\xbc\xbe\xc1\xc2\xa6", SECTION(ENTRY_DETAIL), 0, 2), /* uk ISO_8859_5: ВІДОМОСТІ */
	W("\xb2\xa6\xb4\xc1\xc2\xb5\xb6\xc3\xb2\xb0\xc2\xb8", SECTION(ENTRY_BACKTRACE), 0, 2), /* uk ISO_8859_5: ВІДСТЕЖУВАТИ */
	W("\xb2\xb0\xb6\xbd\xbe", SEVERITY(LEVEL_FATAL), 0, 2), /* ru ISO_8859_5: ВАЖНО */
	W("\xb2\xcd\xd1\xd2\xd0\xd3\xca\xd6\xb2\xdf", SECTION(ENTRY_STATEMENT), 0, 2), /* uk WIN1251: ІНСТРУКЦІЯ */
	W("\xb2\xcd\xd4\xce\xd0\xcc\xc0\xd6\xb2\xdf", SEVERITY(LEVEL_INFO), 0, 2), /* uk WIN1251: ІНФОРМАЦІЯ */
	W("\xb2\xe9\xd1\xaf", SECTION(ENTRY_INTERNAL_QUERY), 0, 2), /* zh_CN EUC_CN: 查询 */
	W("\xb3\xbb\xbf\xeb", SECTION(ENTRY_CONTEXT), 0, 2), /* ko EUC_KR: 내용 */
	W("\xb4\xed\xce\xf3", SEVERITY(LEVEL_ERROR), 0, 2), /* zh_CN EUC_CN: 错误 */
	W("\xb5\xf0\xb9\xf6\xb1\xd7", SEVERITY(LEVEL_DEBUG), 0, 2), /* ko EUC_KR: 디버그 */
	W("\xb5\xf7\xca\xd4", SEVERITY(LEVEL_DEBUG), 0, 2), /* zh_CN EUC_CN: 调试 */
	W("\xb6\xee\xe6\xef\xf2\xed\xe1\xe3\xb6\xf1", SEVERITY(LEVEL_INFO), 0, 2), /* uk KOI8U: ІНФОРМАЦІЯ */
	W("\xb6\xee\xf3\xf4\xf2\xf5\xeb\xe3\xb6\xf1", SECTION(ENTRY_STATEMENT), 0, 2), /* uk KOI8U: ІНСТРУКЦІЯ */
	W("\xb7\xb0\xbc\xb5\xc7\xb0\xbd\xb8\xb5", SEVERITY(LEVEL_NOTICE), 0, 2), /* ru ISO_8859_5: ЗАМЕЧАНИЕ */
	W("\xb7\xb0\xbf\xb8\xc1\xc3\xb2\xb0\xbd\xbd\xcf", SEVERITY(LEVEL_LOG), 0, 2), /* uk ISO_8859_5: ЗАПИСУВАННЯ */
	W("\xb7\xb0\xbf\xb8\xc2", SECTION(ENTRY_INTERNAL_QUERY), 0, 2), /* uk ISO_8859_5: ЗАПИТ */
	W("\xb7\xb0\xbf\xc0\xbe\xc1", SECTION(ENTRY_INTERNAL_QUERY), 0, 2), /* ru ISO_8859_5: ЗАПРОС */
	W("\xb7\xce\xb1\xd7", SEVERITY(LEVEL_LOG), 0, 2), /* ko EUC_KR: 로그 */
	W("\xb8\xbd\xc4\xbe\xc0\xbc\xb0\xc6\xb8\xcf", SEVERITY(LEVEL_INFO), 0, 2), /* ru ISO_8859_5: ИНФОРМАЦИЯ */
	W("\xb8\xed\xb7\xc9 \xb1\xb8\xb9\xae", SECTION(ENTRY_STATEMENT), 0, 2), /* ko EUC_KR: 명령 구문 */
	W("\xba\xbe\xbd\xc2\xb5\xba\xc1\xc2", SECTION(ENTRY_CONTEXT), 0, 2), /* ru uk ISO_8859_5: КОНТЕКСТ */
	W("\xbb\xd8\xcb\xdd", SECTION(ENTRY_BACKTRACE), 0, 2), /* zh_CN EUC_CN: 回溯 */
	W("\xbb\xf3\xbc\xbc\xc1\xa4\xba\xb8", SECTION(ENTRY_DETAIL), 0, 2), /* ko EUC_KR: 상세정보 */
	W("\xbc\xd5\xbb\xf3", SEVERITY(LEVEL_PANIC), 0, 2), /* ko EUC_KR: 손상 */
	W("\xbd\xb0\xbb\xb0\xb3\xbe\xb4\xb6\xb5\xbd\xbd\xcf", SEVERITY(LEVEL_DEBUG), 0, 2), /* uk ISO_8859_5: НАЛАГОДЖЕННЯ */
	W("\xbe\xaf\xb8\xe6", SEVERITY(LEVEL_WARNING), 0, 2), /* zh_CN EUC_CN: 警告 */
	W("\xbe\xbf\xb5\xc0\xb0\xc2\xbe\xc0", SECTION(ENTRY_STATEMENT), 0, 2), /* ru ISO_8859_5: ОПЕРАТОР */
	W("\xbe\xc2\xbb\xb0\xb4\xba\xb0", SEVERITY(LEVEL_DEBUG), 0, 2), /* ru ISO_8859_5: ОТЛАДКА */
	W("\xbe\xc8\xb8\xb1\xba\xb0", SEVERITY(LEVEL_ERROR), 0, 2), /* ru ISO_8859_5: ОШИБКА */
	W("\xbe\xcb\xb8\xb2", SEVERITY(LEVEL_NOTICE), 0, 2), /* ko EUC_KR: 알림 */
	W("\xbe\xdc\xba\xd9", SECTION(ENTRY_DETAIL), 0, 2), /* ja EUC_JP: 詳細 */
	W("\xbe\xec\xbd\xea", SECTION(ENTRY_FUNC_NAME), 0, 2), /* ja EUC_JP: 場所 */
	W("\xbf\xaa\xc3\xdf\xc0\xfb", SECTION(ENTRY_BACKTRACE), 0, 2), /* ko EUC_KR: 역추적 */
	W("\xbf\xb0\xbd\xa6\xba\xb0", SEVERITY(LEVEL_PANIC), 0, 2), /* uk ISO_8859_5: ПАНІКА */
	W("\xbf\xb0\xbd\xb8\xba\xb0", SEVERITY(LEVEL_PANIC), 0, 2), /* ru ISO_8859_5: ПАНИКА */
	W("\xbf\xbe\xb2\xa6\xb4\xbe\xbc\xbb\xb5\xbd\xbd\xcf", SEVERITY(LEVEL_NOTICE), 0, 2), /* uk ISO_8859_5: ПОВІДОМЛЕННЯ */
	W("\xbf\xbe\xb4\xc0\xbe\xb1\xbd\xbe\xc1\xc2\xb8", SECTION(ENTRY_DETAIL), 0, 2), /* ru ISO_8859_5: ПОДРОБНОСТИ */
	W("\xbf\xbe\xb4\xc1\xba\xb0\xb7\xba\xb0", SECTION(ENTRY_HINT), 0, 2), /* ru ISO_8859_5: ПОДСКАЗКА */
	W("\xbf\xbe\xbb\xbe\xb6\xb5\xbd\xb8\xb5", SECTION(ENTRY_FUNC_NAME), 0, 1), /* ru ISO_8859_5: ПОЛОЖЕНИЕ */
	W("\xbf\xbe\xbc\xb8\xbb\xba\xb0", SEVERITY(LEVEL_ERROR), 0, 2), /* uk ISO_8859_5: ПОМИЛКА */
	W("\xbf\xbe\xbf\xb5\xc0\xb5\xb4\xb6\xb5\xbd\xbd\xcf", SEVERITY(LEVEL_WARNING), 0, 2), /* uk ISO_8859_5: ПОПЕРЕДЖЕННЯ */
	W("\xbf\xc0\xb5\xb4\xc3\xbf\xc0\xb5\xb6\xb4\xb5\xbd\xb8\xb5", SEVERITY(LEVEL_WARNING), 0, 2), /* ru ISO_8859_5: ПРЕДУПРЕЖДЕНИЕ */
	W("\xbf\xc0\xb7\xf9", SEVERITY(LEVEL_ERROR), 0, 2), /* ko EUC_KR: 오류 */
	W("\xc0\xa7\xc4\xa1", SECTION(ENTRY_FUNC_NAME), 0, 1), /* ko EUC_KR: 위치 */
	W("\xc0\xbe\xb7\xc2\xb0\xc8\xc3\xb2\xb0\xbd\xbd\xcf", SECTION(ENTRY_FUNC_NAME), 0, 2), /* uk ISO_8859_5: РОЗТАШУВАННЯ */
	W("\xc1\xa4\xba\xb8", SEVERITY(LEVEL_INFO), 0, 2), /* ko EUC_KR: 정보 */
	W("\xc1\xbe\xbe\xb1\xc9\xb5\xbd\xb8\xb5", SEVERITY(LEVEL_LOG), 0, 2), /* ru ISO_8859_5: СООБЩЕНИЕ */
	W("\xc1\xc2\xb5\xba", SECTION(ENTRY_BACKTRACE), 0, 2), /* ru ISO_8859_5: СТЕК */
	W("\xc2\xb2\xc4\xce\xcc\xce\xd1\xd2\xb2", SECTION(ENTRY_DETAIL), 0, 2), /* uk WIN1251: ВІДОМОСТІ */
	W("\xc2\xb2\xc4\xd1\xd2\xc5\xc6\xd3\xc2\xc0\xd2\xc8", SECTION(ENTRY_BACKTRACE), 0, 2), /* uk WIN1251: ВІДСТЕЖУВАТИ */
	W("\xc2\xc0\xc6\xcd\xce", SEVERITY(LEVEL_FATAL), 0, 2), /* ru WIN1251: ВАЖНО */
	W("ÖLÜMCÜL (FATAL)", SEVERITY(LEVEL_FATAL), 0, 2), /* tr */
	W("\xc3\xba\xb0\xb7\xa6\xb2\xba\xb0", SECTION(ENTRY_HINT), 0, 2), /* uk ISO_8859_5: УКАЗІВКА */
	W("\xc4\xa1\xb8\xed\xc0\xfb\xbf\xc0\xb7\xf9", SEVERITY(LEVEL_FATAL), 0, 2), /* ko EUC_KR: 치명적오류 */
	W("İPUCU", SECTION(ENTRY_HINT), 0, 0), /* tr */
	W("\xc4\xb0\xc2\xb0\xbb\xcc\xbd\xbe", SEVERITY(LEVEL_FATAL), 0, 2), /* uk ISO_8859_5: ФАТАЛЬНО */
	W("\xc4\xb8\xc4\xb6\xc5\xc6", SECTION(ENTRY_CONTEXT), 0, 2), /* zh_TW EUC_TW: 上下文 */
	W("\xc4\xf5\xb8\xae", SECTION(ENTRY_INTERNAL_QUERY), 0, 0), /* ko EUC_KR: 쿼리 */
	W("\xc5\xca\xeb\xa2", SEVERITY(LEVEL_LOG), 0, 2), /* zh_TW EUC_TW: 日誌 */
	W("\xc7\xc0\xcc\xc5\xd7\xc0\xcd\xc8\xc5", SEVERITY(LEVEL_NOTICE), 0, 2), /* ru WIN1251: ЗАМЕЧАНИЕ */
	W("\xc7\xc0\xcf\xc8\xd1\xd3\xc2\xc0\xcd\xcd\xdf", SEVERITY(LEVEL_LOG), 0, 2), /* uk WIN1251: ЗАПИСУВАННЯ */
	W("\xc7\xc0\xcf\xc8\xd2", SECTION(ENTRY_INTERNAL_QUERY), 0, 2), /* uk WIN1251: ЗАПИТ */
	W("\xc7\xc0\xcf\xd0\xce\xd1", SECTION(ENTRY_INTERNAL_QUERY), 0, 2), /* ru WIN1251: ЗАПРОС */
	W("\xc7\xdf\xe4\xdf", SECTION(ENTRY_BACKTRACE), 0, 2), /* zh_TW EUC_TW: 回溯 */
	W("\xc8\xcd\xd4\xce\xd0\xcc\xc0\xd6\xc8\xdf", SEVERITY(LEVEL_INFO), 0, 2), /* ru WIN1251: ИНФОРМАЦИЯ */
	W("\xc8\xd5\xd6\xbe", SEVERITY(LEVEL_LOG), 0, 2), /* zh_CN EUC_CN: 日志 */
	W("\xc8\xed\xe5\xf4", SECTION(ENTRY_FUNC_NAME), 0, 2), /* zh_TW EUC_TW: 位置 */
	W("\xc8\xf9\xc6\xae", SECTION(ENTRY_HINT), 0, 2), /* ko EUC_KR: 힌트 */
	W("\xc9\xcf\xcf\xc2\xce\xc4", SECTION(ENTRY_CONTEXT), 0, 2), /* zh_CN EUC_CN: 上下文 */
	W("ʸ", SECTION(ENTRY_STATEMENT), 0, 2), /* ja */
	W("ʸ̮", SECTION(ENTRY_CONTEXT), 0, 2), /* ja */
	W("\xca\xce\xcd\xd2\xc5\xca\xd1\xd2", SECTION(ENTRY_CONTEXT), 0, 2), /* ru uk WIN1251: КОНТЕКСТ */
	W("\xcc\xe1\xca\xbe", SECTION(ENTRY_HINT), 0, 2), /* zh_CN EUC_CN: 提示 */
	W("\xcc\xe4\xa4\xa4\xb9\xe7\xa4\xef\xa4\xbb", SECTION(ENTRY_INTERNAL_QUERY), 0, 2), /* ja EUC_JP: 問い合わせ */
	W("\xcd\xc0\xcb\xc0\xc3\xce\xc4\xc6\xc5\xcd\xcd\xdf", SEVERITY(LEVEL_DEBUG), 0, 2), /* uk WIN1251: НАЛАГОДЖЕННЯ */
	W("\xce\xbb\xd6\xc3", SECTION(ENTRY_FUNC_NAME), 0, 2), /* zh_CN EUC_CN: 位置 */
	W("\xce\xc3\xe3\xf4", SEVERITY(LEVEL_NOTICE), 0, 2), /* zh_TW EUC_TW: 注意 */
	W("\xce\xcf\xc5\xd0\xc0\xd2\xce\xd0", SECTION(ENTRY_STATEMENT), 0, 2), /* ru WIN1251: ОПЕРАТОР */
	W("\xce\xd2\xcb\xc0\xc4\xca\xc0", SEVERITY(LEVEL_DEBUG), 0, 2), /* ru WIN1251: ОТЛАДКА */
	W("\xce\xd8\xc8\xc1\xca\xc0", SEVERITY(LEVEL_ERROR), 0, 2), /* ru WIN1251: ОШИБКА */
	W("\xcf\xc0\xcd\xb2\xca\xc0", SEVERITY(LEVEL_PANIC), 0, 2), /* uk WIN1251: ПАНІКА */
	W("\xcf\xc0\xcd\xc8\xca\xc0", SEVERITY(LEVEL_PANIC), 0, 2), /* ru WIN1251: ПАНИКА */
	W("\xcf\xce\xc2\xb2\xc4\xce\xcc\xcb\xc5\xcd\xcd\xdf", SEVERITY(LEVEL_NOTICE), 0, 2), /* uk WIN1251: ПОВІДОМЛЕННЯ */
	W("\xcf\xce\xc4\xd0\xce\xc1\xcd\xce\xd1\xd2\xc8", SECTION(ENTRY_DETAIL), 0, 2), /* ru WIN1251: ПОДРОБНОСТИ */
	W("\xcf\xce\xc4\xd1\xca\xc0\xc7\xca\xc0", SECTION(ENTRY_HINT), 0, 2), /* ru WIN1251: ПОДСКАЗКА */
	W("\xcf\xce\xcb\xce\xc6\xc5\xcd\xc8\xc5", SECTION(ENTRY_FUNC_NAME), 0, 1), /* ru WIN1251: ПОЛОЖЕНИЕ */
	W("\xcf\xce\xcc\xc8\xcb\xca\xc0", SEVERITY(LEVEL_ERROR), 0, 2), /* uk WIN1251: ПОМИЛКА */
	W("\xcf\xce\xcf\xc5\xd0\xc5\xc4\xc6\xc5\xcd\xcd\xdf", SEVERITY(LEVEL_WARNING), 0, 2), /* uk WIN1251: ПОПЕРЕДЖЕННЯ */
	W("\xcf\xd0\xc5\xc4\xd3\xcf\xd0\xc5\xc6\xc4\xc5\xcd\xc8\xc5", SEVERITY(LEVEL_WARNING), 0, 2), /* ru WIN1251: ПРЕДУПРЕЖДЕНИЕ */
	W("\xcf\xea\xc7\xe9", SECTION(ENTRY_DETAIL), 0, 2), /* zh_CN EUC_CN: 详情 */
	W("\xcf\xea\xcf\xb8\xd0\xc5\xcf\xa2", SECTION(ENTRY_DETAIL), 0, 2), /* zh_CN EUC_CN: 详细信息 */
	W("ІНСТРУКЦІЯ", SECTION(ENTRY_STATEMENT), 0, 2), /* uk */
	W("ІНФОРМАЦІЯ", SEVERITY(LEVEL_INFO), 0, 2), /* uk */
	W("ВІДОМОСТІ", SECTION(ENTRY_DETAIL), 0, 2), /* uk */
	W("ВІДСТЕЖУВАТИ", SECTION(ENTRY_BACKTRACE), 0, 2), /* uk */
	W("ВАЖНО", SEVERITY(LEVEL_FATAL), 0, 2), /* ru */
	W("ЗАМЕЧАНИЕ", SEVERITY(LEVEL_NOTICE), 0, 2), /* ru */
	W("ЗАПИСУВАННЯ", SEVERITY(LEVEL_LOG), 0, 2), /* uk */
	W("ЗАПИТ", SECTION(ENTRY_INTERNAL_QUERY), 0, 2), /* uk */
	W("ЗАПРОС", SECTION(ENTRY_INTERNAL_QUERY), 0, 2), /* ru */
	W("ИНФОРМАЦИЯ", SEVERITY(LEVEL_INFO), 0, 2), /* ru */
	W("КОНТЕКСТ", SECTION(ENTRY_CONTEXT), 0, 2), /* ru uk */
	W("НАЛАГОДЖЕННЯ", SEVERITY(LEVEL_DEBUG), 0, 2), /* uk */
	W("ОПЕРАТОР", SECTION(ENTRY_STATEMENT), 0, 2), /* ru */
	W("ОТЛАДКА", SEVERITY(LEVEL_DEBUG), 0, 2), /* ru */
	W("ОШИБКА", SEVERITY(LEVEL_ERROR), 0, 2), /* ru */
	W("ПАНІКА", SEVERITY(LEVEL_PANIC), 0, 2), /* uk */
	W("ПАНИКА", SEVERITY(LEVEL_PANIC), 0, 2), /* ru */
	W("ПОВІДОМЛЕННЯ", SEVERITY(LEVEL_NOTICE), 0, 2), /* uk */
	W("ПОДРОБНОСТИ", SECTION(ENTRY_DETAIL), 0, 2), /* ru */
	W("ПОДСКАЗКА", SECTION(ENTRY_HINT), 0, 2), /* ru */
	W("ПОЛОЖЕНИЕ", SECTION(ENTRY_FUNC_NAME), 0, 1), /* ru */
	W("ПОМИЛКА", SEVERITY(LEVEL_ERROR), 0, 2), /* uk */
	W("ПОПЕРЕДЖЕННЯ", SEVERITY(LEVEL_WARNING), 0, 2), /* uk */
	W("ПРЕДУПРЕЖДЕНИЕ", SEVERITY(LEVEL_WARNING), 0, 2), /* ru */
	W("РОЗТАШУВАННЯ", SECTION(ENTRY_FUNC_NAME), 0, 2), /* uk */
	W("СООБЩЕНИЕ", SEVERITY(LEVEL_LOG), 0, 2), /* ru */
	W("СТЕК", SECTION(ENTRY_BACKTRACE), 0, 2), /* ru */
	W("УКАЗІВКА", SECTION(ENTRY_HINT), 0, 2), /* uk */
	W("ФАТАЛЬНО", SEVERITY(LEVEL_FATAL), 0, 2), /* uk */
	W("\xd0\xc5\xcf\xa2", SEVERITY(LEVEL_INFO), 0, 2), /* zh_CN EUC_CN: 信息 */
	W("\xd0\xce\xc7\xd2\xc0\xd8\xd3\xc2\xc0\xcd\xcd\xdf", SECTION(ENTRY_FUNC_NAME), 0, 2), /* uk WIN1251: РОЗТАШУВАННЯ */
	W("\xd1\xce\xce\xc1\xd9\xc5\xcd\xc8\xc5", SEVERITY(LEVEL_LOG), 0, 2), /* ru WIN1251: СООБЩЕНИЕ */
	W("\xd1\xd2\xc5\xca", SECTION(ENTRY_BACKTRACE), 0, 2), /* ru WIN1251: СТЕК */
	W("\xd1\xe7\xe6\xe6", SECTION(ENTRY_INTERNAL_QUERY), 0, 2), /* zh_TW EUC_TW: 查詢 */
	W("\xd3\xb3\xcc\xd4\xf2\xe3\xeb\xa8", SEVERITY(LEVEL_FATAL), 0, 2), /* zh_TW EUC_TW: 致命錯誤 */
	W("\xd3\xca\xc0\xc7\xb2\xc2\xca\xc0", SECTION(ENTRY_HINT), 0, 2), /* uk WIN1251: УКАЗІВКА */
	W("\xd3\xef\xbe\xe4", SECTION(ENTRY_STATEMENT), 0, 2), /* zh_CN EUC_CN: 语句 */
	W("\xd4\xc0\xd2\xc0\xcb\xdc\xcd\xce", SEVERITY(LEVEL_FATAL), 0, 2), /* uk WIN1251: ФАТАЛЬНО */
	W("\xd4\xd6\xc4\xd1\xd0\xd4\xb4\xed\xce\xf3", SEVERITY(LEVEL_PANIC), 0, 2), /* zh_CN EUC_CN: 灾难性错误 */
	W("\xd6L\xdcMC\xdcL (FATAL)", SEVERITY(LEVEL_FATAL), 0, 2), /* tr LATIN5: ÖLÜMCÜL (FATAL) */
	W("\xd6\xc2\xc3\xfc\xb4\xed\xce\xf3", SEVERITY(LEVEL_FATAL), 0, 2), /* zh_CN EUC_CN: 致命错误 */
	W("\xd7\xa2\xd2\xe2", SEVERITY(LEVEL_NOTICE), 0, 2), /* zh_CN EUC_CN: 注意 */
	W("\xd8\xe6\xf2\xe3", SEVERITY(LEVEL_DEBUG), 0, 2), /* zh_TW EUC_TW: 除錯 */
	W("\xddPUCU", SECTION(ENTRY_HINT), 0, 0), /* tr LATIN5: İPUCU */
	W("\xdd\xf3\xd3\xdd\xc8\xa2", SECTION(ENTRY_STATEMENT), 0, 2), /* zh_TW EUC_TW: 陳述式 */
	W("\xdf\xc8\xc6\xfc", SECTION(ENTRY_HINT), 0, 2), /* zh_TW EUC_TW: 提示 */
	W("გამართვა", SEVERITY(LEVEL_DEBUG), 0, 2), /* ka */
	W("გაფრთხილება", SEVERITY(LEVEL_WARNING), 0, 2), /* ka */
	W("დეტალები", SECTION(ENTRY_DETAIL), 0, 2), /* ka */
	W("ინფორმაცია", SEVERITY(LEVEL_INFO), 0, 2), /* ka */
	W("კონტექსტი", SECTION(ENTRY_CONTEXT), 0, 2), /* ka */
	W("მდებარეობა", SECTION(ENTRY_FUNC_NAME), 0, 3), /* ka */
	W("მინიშნება", SECTION(ENTRY_HINT), 0, 2), /* ka */
	W("მოთხოვნა", SECTION(ENTRY_INTERNAL_QUERY), 0, 2), /* ka */
	W("ოპერატორი", SECTION(ENTRY_STATEMENT), 0, 2), /* ka */
	W("პანიკა", SEVERITY(LEVEL_PANIC), 0, 2), /* ka */
	W("ჟურნალი", SEVERITY(LEVEL_LOG), 0, 2), /* ka */
	W("სტეკი", SECTION(ENTRY_BACKTRACE), 0, 2), /* ka */
	W("ფატალური", SEVERITY(LEVEL_FATAL), 0, 2), /* ka */
	W("შეცდომა", SEVERITY(LEVEL_ERROR), 0, 2), /* ka */
	W("バックトレース", SECTION(ENTRY_BACKTRACE), 0, 2), /* ja */
	W("ヒント", SECTION(ENTRY_HINT), 0, 2), /* ja */
	W("上下文", SECTION(ENTRY_CONTEXT), 0, 2), /* zh_TW zh_CN */
	W("位置", SECTION(ENTRY_FUNC_NAME), 0, 2), /* zh_TW zh_CN */
	W("信息", SEVERITY(LEVEL_INFO), 0, 2), /* zh_CN */
	W("問い合わせ", SECTION(ENTRY_INTERNAL_QUERY), 0, 2), /* ja */
	W("嚴重錯誤", SEVERITY(LEVEL_PANIC), 0, 2), /* zh_TW */
	W("回溯", SECTION(ENTRY_BACKTRACE), 0, 2), /* zh_TW zh_CN */
	W("場所", SECTION(ENTRY_FUNC_NAME), 0, 2), /* ja */
	W("提示", SECTION(ENTRY_HINT), 0, 2), /* zh_TW zh_CN */
	W("文", SECTION(ENTRY_STATEMENT), 0, 2), /* ja */
	W("文脈", SECTION(ENTRY_CONTEXT), 0, 2), /* ja */
	W("日志", SEVERITY(LEVEL_LOG), 0, 2), /* zh_CN */
	W("日誌", SEVERITY(LEVEL_LOG), 0, 2), /* zh_TW */
	W("查詢", SECTION(ENTRY_INTERNAL_QUERY), 0, 2), /* zh_TW */
	W("查询", SECTION(ENTRY_INTERNAL_QUERY), 0, 2), /* zh_CN */
	W("比致命错误还过分的错误", SEVERITY(LEVEL_PANIC), 0, 2), /* zh_CN */
	W("注意", SEVERITY(LEVEL_NOTICE), 0, 2), /* zh_TW zh_CN */
	W("\xe6\xdb\xda\xc5", SECTION(ENTRY_DETAIL), 0, 2), /* zh_TW EUC_TW: 詳情 */
	W("\xe6\xe1\xf4\xe1\xec\xf8\xee\xef", SEVERITY(LEVEL_FATAL), 0, 2), /* uk KOI8U: ФАТАЛЬНО */
	W("\xe6\xf1\xd8\xb9", SEVERITY(LEVEL_INFO), 0, 2), /* zh_TW EUC_TW: 資訊 */
	W("灾难性错误", SEVERITY(LEVEL_PANIC), 0, 2), /* zh_CN */
	W("致命錯誤", SEVERITY(LEVEL_FATAL), 0, 2), /* zh_TW */
	W("致命错误", SEVERITY(LEVEL_FATAL), 0, 2), /* zh_CN */
	W("詳情", SECTION(ENTRY_DETAIL), 0, 2), /* zh_TW */
	W("詳細", SECTION(ENTRY_DETAIL), 0, 2), /* ja */
	W("警告", SEVERITY(LEVEL_WARNING), 0, 2), /* zh_TW zh_CN */
	W("详情", SECTION(ENTRY_DETAIL), 0, 2), /* zh_CN */
	W("详细信息", SECTION(ENTRY_DETAIL), 0, 2), /* zh_CN */
	W("语句", SECTION(ENTRY_STATEMENT), 0, 2), /* zh_CN */
	W("调试", SEVERITY(LEVEL_DEBUG), 0, 2), /* zh_CN */
	W("資訊", SEVERITY(LEVEL_INFO), 0, 2), /* zh_TW */
	W("錯誤", SEVERITY(LEVEL_ERROR), 0, 2), /* zh_TW */
	W("错误", SEVERITY(LEVEL_ERROR), 0, 2), /* zh_CN */
	W("除錯", SEVERITY(LEVEL_DEBUG), 0, 2), /* zh_TW */
	W("陳述式", SECTION(ENTRY_STATEMENT), 0, 2), /* zh_TW */
	W("\xe9\xee\xe6\xef\xf2\xed\xe1\xe3\xe9\xf1", SEVERITY(LEVEL_INFO), 0, 2), /* ru KOI8R: ИНФОРМАЦИЯ */
	W("경고", SEVERITY(LEVEL_WARNING), 0, 2), /* ko */
	W("내용", SECTION(ENTRY_CONTEXT), 0, 2), /* ko */
	W("디버그", SEVERITY(LEVEL_DEBUG), 0, 2), /* ko */
	W("로그", SEVERITY(LEVEL_LOG), 0, 2), /* ko */
	W("명령 구문", SECTION(ENTRY_STATEMENT), 0, 2), /* ko */
	W("\xeb\xef\xee\xf4\xe5\xeb\xf3\xf4", SECTION(ENTRY_CONTEXT), 0, 2), /* ru uk KOI8R/KOI8U: КОНТЕКСТ */
	W("상세정보", SECTION(ENTRY_DETAIL), 0, 2), /* ko */
	W("손상", SEVERITY(LEVEL_PANIC), 0, 2), /* ko */
	W("알림", SEVERITY(LEVEL_NOTICE), 0, 2), /* ko */
	W("역추적", SECTION(ENTRY_BACKTRACE), 0, 2), /* ko */
	W("오류", SEVERITY(LEVEL_ERROR), 0, 2), /* ko */
	W("위치", SECTION(ENTRY_FUNC_NAME), 0, 1), /* ko */
	W("정보", SEVERITY(LEVEL_INFO), 0, 2), /* ko */
	W("치명적오류", SEVERITY(LEVEL_FATAL), 0, 2), /* ko */
	W("쿼리", SECTION(ENTRY_INTERNAL_QUERY), 0, 0), /* ko */
	W("힌트", SECTION(ENTRY_HINT), 0, 2), /* ko */
	W("\xee\xe1\xec\xe1\xe7\xef\xe4\xf6\xe5\xee\xee\xf1", SEVERITY(LEVEL_DEBUG), 0, 2), /* uk KOI8U: НАЛАГОДЖЕННЯ */
	W("\xef\xf0\xe5\xf2\xe1\xf4\xef\xf2", SECTION(ENTRY_STATEMENT), 0, 2), /* ru KOI8R: ОПЕРАТОР */
	W("\xef\xf4\xec\xe1\xe4\xeb\xe1", SEVERITY(LEVEL_DEBUG), 0, 2), /* ru KOI8R: ОТЛАДКА */
	W("\xef\xfb\xe9\xe2\xeb\xe1", SEVERITY(LEVEL_ERROR), 0, 2), /* ru KOI8R: ОШИБКА */
	W("\xf0\xe1\xee\xb6\xeb\xe1", SEVERITY(LEVEL_PANIC), 0, 2), /* uk KOI8U: ПАНІКА */
	W("\xf0\xe1\xee\xe9\xeb\xe1", SEVERITY(LEVEL_PANIC), 0, 2), /* ru KOI8R: ПАНИКА */
	W("\xf0\xef\xe4\xf2\xef\xe2\xee\xef\xf3\xf4\xe9", SECTION(ENTRY_DETAIL), 0, 2), /* ru KOI8R: ПОДРОБНОСТИ */
	W("\xf0\xef\xe4\xf3\xeb\xe1\xfa\xeb\xe1", SECTION(ENTRY_HINT), 0, 2), /* ru KOI8R: ПОДСКАЗКА */
	W("\xf0\xef\xec\xef\xf6\xe5\xee\xe9\xe5", SECTION(ENTRY_FUNC_NAME), 0, 1), /* ru KOI8R: ПОЛОЖЕНИЕ */
	W("\xf0\xef\xed\xe9\xec\xeb\xe1", SEVERITY(LEVEL_ERROR), 0, 2), /* uk KOI8U: ПОМИЛКА */
	W("\xf0\xef\xf0\xe5\xf2\xe5\xe4\xf6\xe5\xee\xee\xf1", SEVERITY(LEVEL_WARNING), 0, 2), /* uk KOI8U: ПОПЕРЕДЖЕННЯ */
	W("\xf0\xef\xf7\xb6\xe4\xef\xed\xec\xe5\xee\xee\xf1", SEVERITY(LEVEL_NOTICE), 0, 2), /* uk KOI8U: ПОВІДОМЛЕННЯ */
	W("\xf0\xf2\xe5\xe4\xf5\xf0\xf2\xe5\xf6\xe4\xe5\xee\xe9\xe5", SEVERITY(LEVEL_WARNING), 0, 2), /* ru KOI8R: ПРЕДУПРЕЖДЕНИЕ */
	W("\xf2\xe3\xeb\xa8", SEVERITY(LEVEL_ERROR), 0, 2), /* zh_TW EUC_TW: 錯誤 */
	W("\xf2\xef\xfa\xf4\xe1\xfb\xf5\xf7\xe1\xee\xee\xf1", SECTION(ENTRY_FUNC_NAME), 0, 2), /* uk KOI8U: РОЗТАШУВАННЯ */
	W("\xf3\xef\xef\xe2\xfd\xe5\xee\xe9\xe5", SEVERITY(LEVEL_LOG), 0, 2), /* ru KOI8R: СООБЩЕНИЕ */
	W("\xf3\xf4\xe5\xeb", SECTION(ENTRY_BACKTRACE), 0, 2), /* ru KOI8R: СТЕК */
	W("\xf5\xeb\xe1\xfa\xb6\xf7\xeb\xe1", SECTION(ENTRY_HINT), 0, 2), /* uk KOI8U: УКАЗІВКА */
	W("\xf7\xb6\xe4\xef\xed\xef\xf3\xf4\xb6", SECTION(ENTRY_DETAIL), 0, 2), /* uk KOI8U: ВІДОМОСТІ */
	W("\xf7\xb6\xe4\xf3\xf4\xe5\xf6\xf5\xf7\xe1\xf4\xe9", SECTION(ENTRY_BACKTRACE), 0, 2), /* uk KOI8U: ВІДСТЕЖУВАТИ */
	W("\xf7\xe1\xf6\xee\xef", SEVERITY(LEVEL_FATAL), 0, 2), /* ru KOI8R: ВАЖНО */
	W("\xf9\xe4\xd3\xec\xf2\xe3\xeb\xa8", SEVERITY(LEVEL_PANIC), 0, 2), /* zh_TW EUC_TW: 嚴重錯誤 */
	W("\xfa\xc0\xc9\xcb", SEVERITY(LEVEL_WARNING), 0, 2), /* zh_TW EUC_TW: 警告 */
	W("\xfa\xe1\xed\xe5\xfe\xe1\xee\xe9\xe5", SEVERITY(LEVEL_NOTICE), 0, 2), /* ru KOI8R: ЗАМЕЧАНИЕ */
	W("\xfa\xe1\xf0\xe9\xf3\xf5\xf7\xe1\xee\xee\xf1", SEVERITY(LEVEL_LOG), 0, 2), /* uk KOI8U: ЗАПИСУВАННЯ */
	W("\xfa\xe1\xf0\xe9\xf4", SECTION(ENTRY_INTERNAL_QUERY), 0, 2), /* uk KOI8U: ЗАПИТ */
	W("\xfa\xe1\xf0\xf2\xef\xf3", SECTION(ENTRY_INTERNAL_QUERY), 0, 2), /* ru KOI8R: ЗАПРОС */
};

const uint16_t log_word_starts[257] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 7, 12, 17, 28, 32, 38, 38, 40, 43, 43, 50, 53, 53, 57,
	61, 76, 76, 78, 84, 86, 90, 91, 94, 94, 95, 97, 97, 97, 97, 97,
	97, 97, 97, 97, 97, 97, 97, 97, 97, 97, 97, 97, 97, 97, 97, 97,
	97, 97, 97, 97, 97, 97, 97, 97, 97, 97, 97, 97, 97, 97, 97, 97,
	97, 97, 97, 98, 98, 98, 98, 98, 100, 101, 101, 102, 102, 102, 102, 105,
	110, 110, 112, 112, 112, 112, 112, 112, 112, 112, 112, 112, 112, 112, 112, 112,
	112, 112, 112, 112, 112, 112, 114, 116, 116, 116, 116, 116, 116, 116, 116, 116,
	116, 117, 118, 124, 125, 126, 128, 130, 135, 137, 137, 138, 140, 141, 142, 149,
	160, 162, 165, 168, 170, 175, 176, 176, 181, 185, 186, 189, 189, 191, 192, 197,
	208, 239, 242, 242, 245, 247, 247, 249, 250, 251, 251, 251, 251, 251, 253, 253,
	254, 254, 268, 268, 270, 273, 277, 289, 290, 300, 305, 306, 311, 320, 321, 322,
	325, 334, 334, 336, 338, 338, 339, 339, 342, 342, 343, 348, 348, 348, 348, 348,
	348,
};
/* clang-format on */
