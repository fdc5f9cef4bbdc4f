/* See names.h. A name is cut into words where its letters change case, at
 * what is no letter, and before digits: "BirthDate2" is " birth date 2 ". */
#include "lib/access/names.h"

#include <stddef.h>
#include <string.h>

#include "lib/base/text.h"

#define WORDS_MAX 256

/* A rule is a whole word ("=dob", plural too), or letters anywhere in the
 * name without its gaps ("homephone"). */
static const char *const secret[] = {
	"password", "passwd", "passwort", "kennwort",	"=pwd",	      "passphrase", "=secret",
	"=secrets", "=token", "apikey",	  "privatekey", "credential", "=hash",	    "=salt",
	"=pin",	    "=otp",   "=cvv",	  "=cvc",	"motdepasse", "contrase",   NULL
};
static const char *const intimate[] = {
	"birth",    "geburt",	 "=dob",      "=born",	  "=age",	 "=gender",    "=sex",
	"=race",    "ethnic",	 "religio",   "national", "marital",	 "=health",    "medical",
	"diagnos",  "disabilit", "salary",    "salaries", "gehalt",	 "=lohn",      "=wage",
	"payroll",  "=bonus",	 "=income",   "=ssn",	  "socialsecur", "passport",   "taxid",
	"taxno",    "taxnumber", "=iban",     "=bic",	  "bankacc",	 "cardnum",    "creditcard",
	"portrait", "=avatar",	 "signature", "fingerpr", "biometr",	 "accountnum", "accountno",
	NULL
};
static const char *const images[] = { "photo", "=foto", "picture", "=image", NULL };
static const char *const notes[] = { "=note",  "=comment",  "=remark", "=memo",
				     "=notiz", "bemerkung", NULL };
static const char *const contact[] = { "email",
				       "=mail",
				       "phone",
				       "telefon",
				       "=tel",
				       "=mobile",
				       "=cell",
				       "=fax",
				       "address",
				       "adress",
				       "street",
				       "strasse",
				       "stra\xc3\x9f"
				       "e",
				       "=zip",
				       "=plz",
				       "zipcode",
				       "postal",
				       "postcode",
				       "=city",
				       "=town",
				       "=latitude",
				       "=longitude",
				       "=lat",
				       "=lng",
				       "=lon",
				       "=ip",
				       "=geo",
				       NULL };
static const char *const cost[] = { "=cost",	  "unitcost",	   "costprice", "standardcost",
				    "=margin",	  "=markup",	   "wholesale", "purchaseprice",
				    "buyprice",	  "buyingprice",   "einkauf",	"=profit",
				    "commission", "supplierprice", NULL };
static const char *const inner[] = { "reorder",	    "onorder",	 "=stock",    "instock",
				     "inventory",   "=internal", "=risk",     "=score",
				     "creditlimit", "blacklist", "clearance", "safetystock",
				     NULL };
static const char *const person[] = { "contact", "firstname", "lastname", "surname", "fullname",
				      "vorname", "nachname",  "username", NULL };

static const char *const guarded[] = {
	"=salary",    "=salarie", "=payroll",  "=wage",	  "password", "credential", "=session",
	"=token",     "=secret",  "=audit",    "=log",	  "=medical", "=patient",   "diagnos",
	"=health",    "=bank",	  "=iban",     "=gehalt", "=lohn",    "=apikey",    "=key",
	"=complaint", "=backup",  "disciplin", "=config", "=setting", "migration",  NULL
};
static const char *const staff[] = { "=employee", "=staff",	 "=worker",    "personnel",
				     "salesman",  "salesperson", "salesrep",   "mitarbeiter",
				     "=teacher",  "=driver",	 "technician", "=manager",
				     "=nurse",	  "=doctor",	 NULL };
static const char *const people[] = {
	"=customer",  "=client", "=kunde",  "=kunden",	   "=buyer",   "=guest",   "subscriber",
	"=member",    "=user",	 "=person", "=people",	   "=contact", "=student", "passenger",
	"=applicant", "=tenant", "visitor", "participant", "=profile", "=donor",   NULL
};
static const char *const partner[] = { "=supplier",  "=vendor",	 "lieferant",	 "=shipper",
				       "=carrier",   "=partner", "manufacturer", "distributor",
				       "=publisher", NULL };
static const char *const dealing[] = {
	"=order",      "invoice",   "payment",	   "=sale",    "purchase", "=cart",
	"=basket",     "shipment",  "deliver",	   "contract", "=ticket",  "booking",
	"reservation", "=rental",   "transaction", "receipt",  "=return",  "refund",
	"=claim",      "=quote",    "=offer",	   "=entry",   "=entrie",  "ledger",
	"journal",     "=account",  "budget",	   "movement", "=request", "=leave",
	"message",     "=visit",    "appointment", "enrol",    "=price",   "=cost",
	"=stock",      "inventory", "bestellung",  "rechnung", NULL
};
static const char *const listing[] = {
	"product",   "=item",	   "=article", "=artikel",  "category", "categorie", "=region",
	"territory", "territorie", "=country", "=countrie", "=city",	"=citie",    "=state",
	"currency",  "currencie",  "=unit",    "language",  "=brand",	"=color",    "=colour",
	"=size",     "=genre",	   "=type",    "=status",   "=tag",	"=material", "=service",
	"=course",   "=track",	   "=album",   "=artist",   "=film",	"=book",     "=title",
	"=author",   "=method",	   "=kind",    "=class",    "=classe",	"produkt",   "kategorie",
	NULL
};

static int is_letter(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

static int is_upper(unsigned char c)
{
	return c >= 'A' && c <= 'Z';
}

/* Does a new word begin at name[i]? */
static int begins(const unsigned char *name, size_t i)
{
	if (i == 0 || !is_letter(name[i - 1]))
		return 1;
	return is_upper(name[i]) &&
	       (!is_upper(name[i - 1]) || (name[i + 1] && is_letter(name[i + 1]) &&
					   !is_upper(name[i + 1]) && name[i + 1] != 's'));
}

/* Fills the words with gaps, and all in one. 0: the name is too long. */
static int read_words(const char *text, char words[WORDS_MAX], char squashed[WORDS_MAX])
{
	const unsigned char *name = (const unsigned char *)text;
	size_t n = 0, k = 0;

	words[n++] = ' ';
	for (size_t i = 0; name[i]; i++) {
		if (n + 3 > WORDS_MAX)
			return 0;
		if (!is_letter(name[i]))
			continue;
		if (begins(name, i) && words[n - 1] != ' ')
			words[n++] = ' ';
		words[n++] = squashed[k++] = (char)og_ascii_lower(name[i]);
	}
	if (words[n - 1] != ' ')
		words[n++] = ' ';
	words[n] = squashed[k] = '\0';
	return 1;
}

/* The word, or its plural, as a whole one. */
static int has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = words; (at = strstr(at, word)); at++)
		if (at > words && at[-1] == ' ' &&
		    (at[len] == ' ' || (at[len] == 's' && at[len + 1] == ' ')))
			return 1;
	return 0;
}

static int fits(const char *const *rules, const char *words, const char *squashed)
{
	for (; *rules; rules++)
		if (**rules == '=' ? has_word(words, *rules + 1) : strstr(squashed, *rules) != NULL)
			return 1;
	return 0;
}

enum og_column_sort og_column_sort(const char *name)
{
	static const struct {
		const char *const *rules;
		enum og_column_sort sort;
	} sorts[] = { { secret, OG_COLUMN_SECRET },   { intimate, OG_COLUMN_PRIVATE },
		      { images, OG_COLUMN_IMAGE },    { notes, OG_COLUMN_NOTE },
		      { contact, OG_COLUMN_CONTACT }, { cost, OG_COLUMN_COST },
		      { inner, OG_COLUMN_INNER },     { person, OG_COLUMN_PERSON } };
	char words[WORDS_MAX], squashed[WORDS_MAX];

	if (!read_words(name, words, squashed))
		return OG_COLUMN_SECRET;
	for (size_t i = 0; i < sizeof(sorts) / sizeof(*sorts); i++)
		if (fits(sorts[i].rules, words, squashed))
			return sorts[i].sort;
	return OG_COLUMN_PLAIN;
}

/* The last word with its gaps: what the name is a name of. */
static const char *head_of(const char *words)
{
	size_t len = strlen(words);

	if (len < 2)
		return words;
	for (len -= 2; len > 0 && words[len] != ' '; len--)
		;
	return words + len;
}

enum og_table_sort og_table_sort(const char *name, int *ret_person)
{
	char words[WORDS_MAX], squashed[WORDS_MAX];
	const char *head;

	*ret_person = 1;
	if (!read_words(name, words, squashed))
		return OG_TABLE_GUARDED;
	head = head_of(words);
	*ret_person = fits(staff, words, squashed) || fits(people, words, squashed);
	if (fits(guarded, words, squashed))
		return OG_TABLE_GUARDED;
	if (fits(staff, head, head))
		return OG_TABLE_STAFF;
	if (fits(people, head, head))
		return OG_TABLE_PEOPLE;
	if (fits(partner, head, head))
		return OG_TABLE_PARTNER;
	if (fits(dealing, words, squashed))
		return OG_TABLE_DEALING;
	return fits(listing, head, head) ? OG_TABLE_LISTING : OG_TABLE_UNKNOWN;
}

int og_column_principal(const char *name)
{
	char words[WORDS_MAX], squashed[WORDS_MAX];

	return read_words(name, words, squashed) &&
	       (strcmp(squashed, "principal") == 0 || strcmp(squashed, "principalid") == 0);
}
