# Skills in erp.db: what every store of skills has to do.

load helper
load graph-suite

setup() {
	instance
}

held() {
	og-skill list --as alice --json | jq -r '. as $s | "\(.name) \(.hash)", (.edges[] | "\($s.name) \(.type) \(.target)")' | sort
}

@test "sqlite: what is put is listed" { what_is_put_is_listed; }
@test "sqlite: nothing above the clearance" { nothing_above_the_clearance; }
@test "sqlite: a new version takes the place" { a_new_version_takes_the_place; }
@test "sqlite: circles are refused" { circles_are_refused; }
@test "sqlite: sentences find what was put" { sentences_find_what_was_put; }
@test "sqlite: texts are only texts" { texts_are_only_texts; }
@test "sqlite: many skills" { many_skills; }
