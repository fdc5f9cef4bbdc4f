/* What names of tables and columns are taken for. */
#include "lib/access/names.h"

#include "tests/unit/unit.h"

static void columns(void)
{
	static const struct {
		const char *name;
		enum og_column_sort sort;
	} cases[] = {
		{ "password", OG_COLUMN_SECRET },
		{ "PasswordHash", OG_COLUMN_SECRET },
		{ "api_key", OG_COLUMN_SECRET },
		{ "user token", OG_COLUMN_SECRET },
		{ "BirthDate", OG_COLUMN_PRIVATE },
		{ "birthdate", OG_COLUMN_PRIVATE },
		{ "DOB", OG_COLUMN_PRIVATE },
		{ "monthly_salary", OG_COLUMN_PRIVATE },
		{ "SSN", OG_COLUMN_PRIVATE },
		{ "Geburtsdatum", OG_COLUMN_PRIVATE },
		{ "PhotoPath", OG_COLUMN_IMAGE },
		{ "Notes", OG_COLUMN_NOTE },
		{ "e_mail", OG_COLUMN_CONTACT },
		{ "EmailAddress", OG_COLUMN_CONTACT },
		{ "HomePhone", OG_COLUMN_CONTACT },
		{ "ShipPostalCode", OG_COLUMN_CONTACT },
		{ "Fax", OG_COLUMN_CONTACT },
		{ "Stra\xc3\x9f"
		  "e",
		  OG_COLUMN_CONTACT },
		{ "unit_cost", OG_COLUMN_COST },
		{ "purchasePrice", OG_COLUMN_COST },
		{ "UnitsOnOrder", OG_COLUMN_INNER },
		{ "ReorderLevel", OG_COLUMN_INNER },
		{ "ContactName", OG_COLUMN_PERSON },
		{ "FirstName", OG_COLUMN_PERSON },
		{ "UnitPrice", OG_COLUMN_PLAIN },
		{ "Quantity", OG_COLUMN_PLAIN },
		{ "costume", OG_COLUMN_PLAIN },
		{ "sewage", OG_COLUMN_PLAIN },
		{ "shipping", OG_COLUMN_PLAIN },
		{ "", OG_COLUMN_PLAIN },
		{ "'; --", OG_COLUMN_PLAIN },
		{ "Secretary", OG_COLUMN_PLAIN },
	};
	char name[600];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (!OG_CHECK_INT(og_column_sort(cases[i].name), cases[i].sort))
			printf("# %s\n", cases[i].name);
	/* What is too long to be read is told to nobody. */
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	OG_CHECK_INT(og_column_sort(name), OG_COLUMN_SECRET);
}

static void tables(void)
{
	static const struct {
		const char *name;
		enum og_table_sort sort;
		int person;
	} cases[] = {
		{ "Employees", OG_TABLE_STAFF, 1 },
		{ "staff", OG_TABLE_STAFF, 1 },
		{ "Customers", OG_TABLE_PEOPLE, 1 },
		{ "app_user", OG_TABLE_PEOPLE, 1 },
		{ "Suppliers", OG_TABLE_PARTNER, 0 },
		{ "Shippers", OG_TABLE_PARTNER, 0 },
		{ "Order Details", OG_TABLE_DEALING, 0 },
		{ "order_items", OG_TABLE_DEALING, 0 },
		{ "ProductCosts", OG_TABLE_DEALING, 0 },
		{ "Products", OG_TABLE_LISTING, 0 },
		{ "Categories", OG_TABLE_LISTING, 0 },
		{ "Territories", OG_TABLE_LISTING, 0 },
		{ "EmployeeTerritories", OG_TABLE_LISTING, 1 },
		{ "CustomerDemographics", OG_TABLE_UNKNOWN, 1 },
		{ "salaries", OG_TABLE_GUARDED, 0 },
		{ "user_sessions", OG_TABLE_GUARDED, 1 },
		{ "AuditLog", OG_TABLE_GUARDED, 0 },
		{ "blog", OG_TABLE_UNKNOWN, 0 },
		{ "x17", OG_TABLE_UNKNOWN, 0 },
		{ "", OG_TABLE_UNKNOWN, 0 },
		{ "\"'); --", OG_TABLE_UNKNOWN, 0 },
	};
	int person;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (!OG_CHECK_INT(og_table_sort(cases[i].name, &person), cases[i].sort) ||
		    !OG_CHECK_INT(person, cases[i].person))
			printf("# %s\n", cases[i].name);
	}
}

static void principals(void)
{
	OG_CHECK(og_column_principal("principal_id"));
	OG_CHECK(og_column_principal("PrincipalID"));
	OG_CHECK(og_column_principal("principal"));
	OG_CHECK(!og_column_principal("principal_amount"));
	OG_CHECK(!og_column_principal("id"));
}

int main(void)
{
	OG_RUN(columns);
	OG_RUN(tables);
	OG_RUN(principals);
	return og_done();
}
