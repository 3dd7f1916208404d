/* The rules of the calendars and how dates come of them. A rule gives at most one holiday a year; moving it by its day of the week is a
 * table of seven shifts, so that each country's law on moving is a line of data, too. Pure. */
#include "calendar.h"

#include "base/date.h"

enum weekday { MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY };

enum move {
    STAYS,
    NEXT_MONDAY,            /* Colombia, law 51 of 1983: to the next Monday, unless it is one */
    OBSERVED,               /* Ecuador: from Saturday to Friday, from Sunday to Monday, and kept on its own day, too */
    OFF_SUNDAY,             /* the Federal Reserve Banks of the United States: from Sunday to Monday, likewise; off a Saturday nowhere */
    NEAR_MONDAY,            /* Argentina, law 27.399 art. 6, and Uruguay, law 16.805: midweek to the nearer Monday, never off a weekend */
    NEAR_MONDAY_NOT_FRIDAY, /* 17 June: the Monday after a Friday is 20 June, a holiday of its own */
    CHILE_MONDAY,           /* law 19.668: Tuesday to Thursday to the Monday before, Friday to the one after */
    CHILE_FRIDAY,           /* law 20.299: Tuesday to the Friday before, Wednesday to the one after */
    ECUADOR,                /* law of 20 December 2016: Tuesday to Monday, Wednesday and Thursday to Friday, and off weekends */
    ECUADOR_2_NOVEMBER,     /* ... which keeps two days running together: Wednesday/Thursday becomes Thursday/Friday ... */
    ECUADOR_3_NOVEMBER      /* ... Tuesday/Wednesday Monday/Tuesday, Friday/Saturday Thursday/Friday, Sunday/Monday Monday/Tuesday */
};

/* Days to shift by, Monday to Sunday. */
static const signed char shifts[][7] = {
    [STAYS] = { 0 },
    [NEXT_MONDAY] = { 0, 6, 5, 4, 3, 2, 1 },
    [OBSERVED] = { 0, 0, 0, 0, 0, -1, 1 },
    [OFF_SUNDAY] = { 0, 0, 0, 0, 0, 0, 1 },
    [NEAR_MONDAY] = { 0, -1, -2, 4, 3, 0, 0 },
    [NEAR_MONDAY_NOT_FRIDAY] = { 0, -1, -2, 4, 0, 0, 0 },
    [CHILE_MONDAY] = { 0, -1, -2, -3, 3, 0, 0 },
    [CHILE_FRIDAY] = { 0, -4, 2, 0, 0, 0, 0 },
    [ECUADOR] = { 0, -1, 2, 1, 0, -1, 1 },
    [ECUADOR_2_NOVEMBER] = { 0, 0, 2, 0, 0, -1, 2 },
    [ECUADOR_3_NOVEMBER] = { 0, 0, -2, 0, 0, -2, 1 },
};

enum rule_kind { FROM_DATE, FROM_EASTER, FROM_WEEKDAY };

struct holiday_rule {
    unsigned char kind, month, weekday, move;
    signed char day;               /* of the month; days from Easter; which weekday of the month, negative from its end */
    bool only_on_weekday;          /* no holiday when its date is another day of the week */
    short from_year, to_year, every;
    const char *local, *english;
};

/* ---- The words of calendars/<CC>.def ---------------------------------------------------------------------------------------------- */

#define NAMES(local_, english_) .local = local_, .english = english_
#define FIXED(month_, day_, years, ...) { .kind = FROM_DATE, .month = month_, .day = day_, years, NAMES(__VA_ARGS__) },
#define MOVED(move_, month_, day_, years, ...) { .kind = FROM_DATE, .month = month_, .day = day_, .move = move_, years, NAMES(__VA_ARGS__) },
#define FIXED_MONDAY(month_, day_, years, ...) \
    { .kind = FROM_DATE, .month = month_, .day = day_, .move = NEXT_MONDAY, years, NAMES(__VA_ARGS__) },
#define ON_WEEKDAY(weekday_, month_, day_, years, ...) \
    { .kind = FROM_DATE, .month = month_, .day = day_, .weekday = weekday_, .only_on_weekday = true, years, NAMES(__VA_ARGS__) },
#define EASTER(offset, years, ...) { .kind = FROM_EASTER, .day = offset, years, NAMES(__VA_ARGS__) },
#define NTH_WEEKDAY(month_, nth, weekday_, years, ...) \
    { .kind = FROM_WEEKDAY, .month = month_, .day = nth, .weekday = weekday_, years, NAMES(__VA_ARGS__) },
#define LAST_WEEKDAY(month_, weekday_, years, ...) \
    { .kind = FROM_WEEKDAY, .month = month_, .day = -1, .weekday = weekday_, years, NAMES(__VA_ARGS__) },

#define BETWEEN(first, last) .from_year = first, .to_year = last
#define SINCE(year) BETWEEN(year, 9999)
#define UNTIL(year) BETWEEN(1, year)
#define ONLY(year) BETWEEN(year, year)
#define ALWAYS BETWEEN(1, 9999)
/* Every so many years, from `first` on. */
#define EVERY(count, first) EVERY_UNTIL(count, first, 9999)
#define EVERY_UNTIL(count, first, last) .every = count, BETWEEN(first, last)

static const struct holiday_rule ar[] = {
#include "calendars/AR.def"
};
static const struct holiday_rule br[] = {
#include "calendars/BR.def"
};
static const struct holiday_rule cl[] = {
#include "calendars/CL.def"
};
static const struct holiday_rule co[] = {
#include "calendars/CO.def"
};
static const struct holiday_rule ec[] = {
#include "calendars/EC.def"
};
static const struct holiday_rule es[] = {
#include "calendars/ES.def"
};
static const struct holiday_rule mx[] = {
#include "calendars/MX.def"
};
static const struct holiday_rule pe[] = {
#include "calendars/PE.def"
};
static const struct holiday_rule us[] = {
#include "calendars/US.def"
};
static const struct holiday_rule uy[] = {
#include "calendars/UY.def"
};

struct calendar {
    char code[3];
    unsigned char weekend;
    const struct holiday_rule *rules;
    size_t rule_count;
};

#define SATURDAY_SUNDAY (1 << SATURDAY | 1 << SUNDAY)
#define COUNTRY(code_, rules_) { code_, SATURDAY_SUNDAY, rules_, sizeof rules_ / sizeof *rules_ }
static const struct calendar calendars[] = { COUNTRY("AR", ar), COUNTRY("BR", br), COUNTRY("CL", cl), COUNTRY("CO", co), COUNTRY("EC", ec),
                                             COUNTRY("ES", es), COUNTRY("MX", mx), COUNTRY("PE", pe), COUNTRY("US", us), COUNTRY("UY", uy) };
#define CALENDAR_COUNT (sizeof calendars / sizeof *calendars)

const struct calendar *calendar_at(size_t index)
{
    return index < CALENDAR_COUNT ? &calendars[index] : NULL;
}

const struct calendar *calendar_find(struct slice code)
{
    for (size_t i = 0; i < CALENDAR_COUNT; i++)
        if (slice_equals_text(code, calendars[i].code))
            return &calendars[i];
    return NULL;
}

struct slice calendar_code(const struct calendar *calendar)
{
    return slice_of(calendar->code, 2);
}

unsigned calendar_weekend(const struct calendar *calendar)
{
    return calendar->weekend;
}

/* ---- Dates ---------------------------------------------------------------------------------------------------------------------- */

/* The anonymous algorithm of 1876 (Meeus, Jones, Butcher): the paschal full moon by the lunar cycle and the corrections of the centuries,
 * then the Sunday after it. */
int32_t calendar_easter(int year)
{
    const int golden = year % 19, century = year / 100, of_century = year % 100;
    const int moon_shift = (century - (century + 8) / 25 + 1) / 3;
    const int epact = (19 * golden + century - century / 4 - moon_shift + 15) % 30;
    const int sunday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - epact - of_century % 4) % 7;
    const int late = (golden + 11 * epact + 22 * sunday) / 451;
    const int days = epact + sunday - 7 * late + 114;
    return date_from_civil((struct civil){ year, days / 31, days % 31 + 1 });
}

static int32_t nth_weekday(int year, int month, int nth, int weekday)
{
    if (nth > 0) {
        const int32_t first = date_from_civil((struct civil){ year, month, 1 });
        return first + (weekday - date_weekday(first) + 7) % 7 + 7 * (nth - 1);
    }
    const int32_t last = date_from_civil((struct civil){ year, month, date_days_in_month(year, month) });
    return last - (date_weekday(last) - weekday + 7) % 7 + 7 * (nth + 1);
}

static bool in_force(const struct holiday_rule *rule, int year)
{
    return year >= rule->from_year && year <= rule->to_year && (!rule->every || (year - rule->from_year) % rule->every == 0);
}

struct days {
    struct calendar_day *out;
    size_t count;
    int32_t first, last;           /* of the year asked for */
};

static void add(struct days *days, int32_t date, const struct holiday_rule *rule)
{
    if (date < days->first || date > days->last || days->count == CALENDAR_DAYS_MAX)
        return;
    size_t at = days->count++;
    for (; at > 0 && days->out[at - 1].date > date; at--)
        days->out[at] = days->out[at - 1];
    days->out[at] = (struct calendar_day){ date, rule->local, rule->english };
}

static void apply(struct days *days, const struct holiday_rule *rule, int year, int32_t easter)
{
    int32_t date;
    if (rule->kind == FROM_EASTER)
        date = easter + rule->day;
    else if (rule->kind == FROM_WEEKDAY)
        date = nth_weekday(year, rule->month, rule->day, rule->weekday);
    else
        date = date_from_civil((struct civil){ year, rule->month, rule->day });
    const int weekday = date_weekday(date);
    if (rule->only_on_weekday && weekday != rule->weekday)
        return;
    const int shift = shifts[rule->move][weekday];
    add(days, date + shift, rule);
    /* Observed on another day, it is still kept on its own. */
    if ((rule->move == OBSERVED || rule->move == OFF_SUNDAY) && shift != 0)
        add(days, date, rule);
}

/* Those of the neighbouring year's end that may be moved across it: 1 January on a Saturday is observed on 31 December. */
static void apply_across(struct days *days, const struct holiday_rule *rule, int year)
{
    if (rule->kind != FROM_DATE || rule->move == STAYS)
        return;
    if (rule->month == 1 && in_force(rule, year + 1))
        apply(days, rule, year + 1, 0);
    if (rule->month == 12 && in_force(rule, year - 1))
        apply(days, rule, year - 1, 0);
}

size_t calendar_days(const struct calendar *calendar, int year, struct calendar_day out[CALENDAR_DAYS_MAX])
{
    const int32_t easter = calendar_easter(year);
    struct days days = { .out = out, .first = date_from_civil((struct civil){ year, 1, 1 }),
                         .last = date_from_civil((struct civil){ year, 12, 31 }) };
    for (size_t i = 0; i < calendar->rule_count; i++) {
        if (in_force(&calendar->rules[i], year))
            apply(&days, &calendar->rules[i], year, easter);
        apply_across(&days, &calendar->rules[i], year);
    }
    return days.count;
}

bool calendar_is_holiday(const struct calendar *calendar, int32_t date, struct calendar_day *out)
{
    struct calendar_day days[CALENDAR_DAYS_MAX];
    const size_t count = calendar_days(calendar, date_to_civil(date).year, days);
    for (size_t i = 0; i < count; i++)
        if (days[i].date == date) {
            if (out)
                *out = days[i];
            return true;
        }
    return false;
}

static void remember(struct calendar_cache_year *cached, const struct calendar *calendar, int year, int32_t first)
{
    struct calendar_day days[CALENDAR_DAYS_MAX];
    const size_t count = calendar_days(calendar, year, days);
    *cached = (struct calendar_cache_year){ .calendar = calendar, .first = first };
    for (size_t i = 0; i < count; i++)
        cached->holidays[(days[i].date - first) / 64] |= UINT64_C(1) << ((days[i].date - first) % 64);
}

bool calendar_is_holiday_cached(const struct calendar *calendar, struct calendar_cache *cache, int32_t date)
{
    const int year = date_to_civil(date).year;
    const int32_t first = date_from_civil((struct civil){ year, 1, 1 });
    struct calendar_cache_year *cached = &cache->years[year & 1];
    if (cached->calendar != calendar || cached->first != first)
        remember(cached, calendar, year, first);
    return cached->holidays[(date - first) / 64] >> ((date - first) % 64) & 1;
}
