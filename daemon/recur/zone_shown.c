/* The zones of Windows by what it shows, which calendars write into TZID; see the header. */
#include "recur/zone_shown.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* Where a zone's offset has changed, both are there: calendars keep what was shown when they were written. */
static const struct row {
	const char *place;
	int minutes; /* east of UTC */
	const char *windows;
} rows[] = {
	{ "International Date Line West", -720, "Dateline Standard Time" },
	{ "Coordinated Universal Time-11", -660, "UTC-11" },
	{ "Aleutian Islands", -600, "Aleutian Standard Time" },
	{ "Hawaii", -600, "Hawaiian Standard Time" },
	{ "Marquesas Islands", -570, "Marquesas Standard Time" },
	{ "Alaska", -540, "Alaskan Standard Time" },
	{ "Coordinated Universal Time-09", -540, "UTC-09" },
	{ "Baja California", -480, "Pacific Standard Time (Mexico)" },
	{ "Coordinated Universal Time-08", -480, "UTC-08" },
	{ "Pacific Time", -480, "Pacific Standard Time" },
	{ "Arizona", -420, "US Mountain Standard Time" },
	{ "Mountain Time", -420, "Mountain Standard Time" },
	{ "Yukon", -420, "Yukon Standard Time" },
	{ "Central America", -360, "Central America Standard Time" },
	{ "Central Time", -360, "Central Standard Time" },
	{ "Easter Island", -360, "Easter Island Standard Time" },
	{ "Guadalajara", -360, "Central Standard Time (Mexico)" },
	{ "Mexico City", -360, "Central Standard Time (Mexico)" },
	{ "Saskatchewan", -360, "Canada Central Standard Time" },
	{ "Bogota", -300, "SA Pacific Standard Time" },
	{ "Chetumal", -300, "Eastern Standard Time (Mexico)" },
	{ "Eastern Time", -300, "Eastern Standard Time" },
	{ "Haiti", -300, "Haiti Standard Time" },
	{ "Havana", -300, "Cuba Standard Time" },
	{ "Indiana", -300, "US Eastern Standard Time" },
	{ "Turks and Caicos", -300, "Turks And Caicos Standard Time" },
	{ "Asuncion", -180, "Paraguay Standard Time" },
	{ "Asuncion", -240, "Paraguay Standard Time" },
	{ "Atlantic Time", -240, "Atlantic Standard Time" },
	{ "Caracas", -240, "Venezuela Standard Time" },
	{ "Cuiaba", -240, "Central Brazilian Standard Time" },
	{ "Georgetown", -240, "SA Western Standard Time" },
	{ "Santiago", -240, "Pacific SA Standard Time" },
	{ "Newfoundland", -210, "Newfoundland Standard Time" },
	{ "Araguaina", -180, "Tocantins Standard Time" },
	{ "Brasilia", -180, "E. South America Standard Time" },
	{ "Cayenne", -180, "SA Eastern Standard Time" },
	{ "City of Buenos Aires", -180, "Argentina Standard Time" },
	{ "Buenos Aires", -180, "Argentina Standard Time" },
	{ "Montevideo", -180, "Montevideo Standard Time" },
	{ "Punta Arenas", -180, "Magallanes Standard Time" },
	{ "Saint Pierre and Miquelon", -180, "Saint Pierre Standard Time" },
	{ "Salvador", -180, "Bahia Standard Time" },
	{ "Greenland", -180, "Greenland Standard Time" },
	{ "Greenland", -120, "Greenland Standard Time" },
	{ "Coordinated Universal Time-02", -120, "UTC-02" },
	{ "Azores", -60, "Azores Standard Time" },
	{ "Cabo Verde Is.", -60, "Cape Verde Standard Time" },
	{ "Cape Verde Is.", -60, "Cape Verde Standard Time" },
	{ "Coordinated Universal Time", 0, "UTC" },
	{ "Dublin", 0, "GMT Standard Time" },
	{ "Greenwich Mean Time : Dublin", 0, "GMT Standard Time" },
	{ "Greenwich Mean Time: Dublin", 0, "GMT Standard Time" },
	{ "Monrovia", 0, "Greenwich Standard Time" },
	{ "Sao Tome", 0, "Sao Tome Standard Time" },
	{ "Amsterdam", 60, "W. Europe Standard Time" },
	{ "Belgrade", 60, "Central Europe Standard Time" },
	{ "Brussels", 60, "Romance Standard Time" },
	{ "Casablanca", 60, "Morocco Standard Time" },
	{ "Casablanca", 0, "Morocco Standard Time" },
	{ "Prague", 60, "Central Europe Standard Time" },
	{ "Paris", 60, "Romance Standard Time" },
	{ "Sarajevo", 60, "Central European Standard Time" },
	{ "West Central Africa", 60, "W. Central Africa Standard Time" },
	{ "Amman", 120, "Jordan Standard Time" },
	{ "Amman", 180, "Jordan Standard Time" },
	{ "Athens", 120, "GTB Standard Time" },
	{ "Beirut", 120, "Middle East Standard Time" },
	{ "Bucharest", 120, "GTB Standard Time" },
	{ "Cairo", 120, "Egypt Standard Time" },
	{ "Chisinau", 120, "E. Europe Standard Time" },
	{ "Gaza", 120, "West Bank Standard Time" },
	{ "Harare", 120, "South Africa Standard Time" },
	{ "Helsinki", 120, "FLE Standard Time" },
	{ "Jerusalem", 120, "Israel Standard Time" },
	{ "Juba", 120, "South Sudan Standard Time" },
	{ "Kaliningrad", 120, "Kaliningrad Standard Time" },
	{ "Khartoum", 120, "Sudan Standard Time" },
	{ "Tripoli", 120, "Libya Standard Time" },
	{ "Windhoek", 120, "Namibia Standard Time" },
	{ "Baghdad", 180, "Arabic Standard Time" },
	{ "Damascus", 120, "Syria Standard Time" },
	{ "Damascus", 180, "Syria Standard Time" },
	{ "Istanbul", 180, "Turkey Standard Time" },
	{ "Kuwait", 180, "Arab Standard Time" },
	{ "Minsk", 180, "Belarus Standard Time" },
	{ "Moscow", 180, "Russian Standard Time" },
	{ "Nairobi", 180, "E. Africa Standard Time" },
	{ "Volgograd", 180, "Volgograd Standard Time" },
	{ "Istanbul", 120, "Turkey Standard Time" },
	{ "Tehran", 210, "Iran Standard Time" },
	{ "Abu Dhabi", 240, "Arabian Standard Time" },
	{ "Astrakhan", 240, "Astrakhan Standard Time" },
	{ "Baku", 240, "Azerbaijan Standard Time" },
	{ "Izhevsk", 240, "Russia Time Zone 3" },
	{ "Port Louis", 240, "Mauritius Standard Time" },
	{ "Saratov", 240, "Saratov Standard Time" },
	{ "Tbilisi", 240, "Georgian Standard Time" },
	{ "Yerevan", 240, "Caucasus Standard Time" },
	{ "Kabul", 270, "Afghanistan Standard Time" },
	{ "Ashgabat", 300, "West Asia Standard Time" },
	{ "Ekaterinburg", 300, "Ekaterinburg Standard Time" },
	{ "Islamabad", 300, "Pakistan Standard Time" },
	{ "Qyzylorda", 300, "Qyzylorda Standard Time" },
	{ "Chennai", 330, "India Standard Time" },
	{ "Sri Jayawardenepura", 330, "Sri Lanka Standard Time" },
	{ "Kathmandu", 345, "Nepal Standard Time" },
	{ "Dhaka", 360, "Bangladesh Standard Time" },
	{ "Omsk", 360, "Omsk Standard Time" },
	{ "Yangon (Rangoon)", 390, "Myanmar Standard Time" },
	{ "Rangoon", 390, "Myanmar Standard Time" },
	{ "Bangkok", 420, "SE Asia Standard Time" },
	{ "Barnaul", 420, "Altai Standard Time" },
	{ "Astana", 360, "Central Asia Standard Time" },
	{ "Bishkek", 360, "Central Asia Standard Time" },
	{ "Hovd", 420, "W. Mongolia Standard Time" },
	{ "Krasnoyarsk", 420, "North Asia Standard Time" },
	{ "Novosibirsk", 420, "N. Central Asia Standard Time" },
	{ "Tomsk", 420, "Tomsk Standard Time" },
	{ "Beijing", 480, "China Standard Time" },
	{ "Irkutsk", 480, "North Asia East Standard Time" },
	{ "Kuala Lumpur", 480, "Singapore Standard Time" },
	{ "Perth", 480, "W. Australia Standard Time" },
	{ "Taipei", 480, "Taipei Standard Time" },
	{ "Ulaanbaatar", 480, "Ulaanbaatar Standard Time" },
	{ "Eucla", 525, "Aus Central W. Standard Time" },
	{ "Chita", 540, "Transbaikal Standard Time" },
	{ "Osaka", 540, "Tokyo Standard Time" },
	{ "Pyongyang", 540, "North Korea Standard Time" },
	{ "Seoul", 540, "Korea Standard Time" },
	{ "Yakutsk", 540, "Yakutsk Standard Time" },
	{ "Adelaide", 570, "Cen. Australia Standard Time" },
	{ "Darwin", 570, "AUS Central Standard Time" },
	{ "Brisbane", 600, "E. Australia Standard Time" },
	{ "Canberra", 600, "AUS Eastern Standard Time" },
	{ "Guam", 600, "West Pacific Standard Time" },
	{ "Hobart", 600, "Tasmania Standard Time" },
	{ "Vladivostok", 600, "Vladivostok Standard Time" },
	{ "Lord Howe Island", 630, "Lord Howe Standard Time" },
	{ "Bougainville Island", 660, "Bougainville Standard Time" },
	{ "Chokurdakh", 660, "Russia Time Zone 10" },
	{ "Magadan", 660, "Magadan Standard Time" },
	{ "Norfolk Island", 660, "Norfolk Standard Time" },
	{ "Sakhalin", 660, "Sakhalin Standard Time" },
	{ "Solomon Is.", 660, "Central Pacific Standard Time" },
	{ "Anadyr", 720, "Russia Time Zone 11" },
	{ "Auckland", 720, "New Zealand Standard Time" },
	{ "Coordinated Universal Time+12", 720, "UTC+12" },
	{ "Fiji", 720, "Fiji Standard Time" },
	{ "Chatham Islands", 765, "Chatham Islands Standard Time" },
	{ "Coordinated Universal Time+13", 780, "UTC+13" },
	{ "Nuku'alofa", 780, "Tonga Standard Time" },
	{ "Samoa", 780, "Samoa Standard Time" },
	{ "Kiritimati Island", 840, "Line Islands Standard Time" },
};

/* "(UTC+01:00) ", "(GMT-03.30) ", "(UTC) "; *text goes behind it. */
static bool take_offset(const char **text, int *ret_minutes)
{
	const char *p = *text;
	if (strncasecmp(p, "(UTC", 4) != 0 && strncasecmp(p, "(GMT", 4) != 0)
		return false;
	p += 4;
	*ret_minutes = 0;
	if (*p == '+' || *p == '-') {
		static const char shape[] = "dd:dd";
		int digits[4], n = 0;
		for (int i = 0; i < 5; i++) {
			char c = p[1 + i];
			if (shape[i] == ':' ? c != ':' && c != '.' : c < '0' || c > '9')
				return false;
			if (shape[i] == 'd')
				digits[n++] = c - '0';
		}
		*ret_minutes = (digits[0] * 10 + digits[1]) * 60 + digits[2] * 10 + digits[3];
		if (*p == '-')
			*ret_minutes = -*ret_minutes;
		p += 6;
	}
	if (*p != ')')
		return false;
	p++;
	*text = p + strspn(p, " ");
	return true;
}

/* The first place ends where a list goes on, or where what it is said to be begins: "(US & Canada)". */
static bool is_place(const char *text, const char *place)
{
	size_t len = strlen(place);
	if (strncasecmp(text, place, len) != 0)
		return false;
	const char *rest = text + len;
	if (*rest == '\0' || *rest == ',' || *rest == ';' || *rest == '/')
		return true;
	return rest[0] == ' ' && (rest[1] == '/' || rest[1] == '(');
}

const char *zone_shown_windows(const char *text)
{
	int minutes = 0;
	if (!take_offset(&text, &minutes))
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].minutes == minutes && is_place(text, rows[i].place))
			return rows[i].windows;
	return NULL;
}

const char *zone_shown_at(size_t index)
{
	return index < ARRAY_LEN(rows) ? rows[index].windows : NULL;
}
