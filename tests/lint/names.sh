#!/bin/sh
#
# What a header exports begins with the noun of its file: the functions and
# types of lib/ROOM/STEM.h with ptn_STEM (of lib/dfns with ptn_dfns_STEM, of
# lib/flow with ptn_flow_STEM, or a stem of its own), its plural, or
# ptn_STEM_...; those of fcgi/STEM.h with ptn_STEM, of fcgi/FOLDER/STEM.h with
# ptn_FOLDER or ptn_STEM.
#
# usage: names.sh [TOP]
set -u
top=${1:-$(cd "$(dirname "$0")/../.." && pwd)} || exit 2
cd "$top" || exit 2

# FILE NOUN: what may stand in a file besides, and why.
excuses=$(sed -e 's/#.*//' <<'EOF'
# Nouns of their own, used everywhere.
lib/base/arena.h ptn_buf # text that grows in an arena
lib/base/bytes.h ptn_wipe # a verb for any memory
lib/base/err.h ptn_verdict # the answer beside the code
lib/base/base64.h ptn_b64url # short: it stands in every second line
lib/base/base64.h ptn_b64any
lib/base/base64.h ptn_b64std
lib/base/base64.h ptn_cred_id # ids of credentials, compared as base64
lib/base/unicode.h ptn_utf8 # the encoding, of which the rest knows nothing
lib/format/json.h ptn_jsonw # the writer
lib/format/jsoneq.h ptn_json # ptn_json_equal, beside the parser's names
lib/crypto/secrets.h ptn_key_use # what a derived key is for
lib/crypto/pubkey.h ptn_kty # words of RFC 9052 and 9053
lib/crypto/pubkey.h ptn_crv
lib/crypto/pubkey.h ptn_md # a digest
lib/account/token.h ptn_amr # the claim of that name, RFC 8176
lib/db/db.h ptn_sql # what compile.awk makes of the statements
lib/db/migrations.h ptn_migration # one of them
lib/db/handle.h ptn_db # what is inside one
# Words of a configuration file.
lib/conf/conf_words.h ptn_same_site
lib/conf/conf_words.h ptn_sign_alg
lib/conf/conf_words.h ptn_user_verification
lib/conf/conf_words.h ptn_acquire
lib/conf/conf_words.h ptn_device_trust
lib/conf/conf_words.h ptn_conveyance
lib/conf/conf_words.h ptn_attachment
lib/conf/conf_words.h ptn_retention
lib/conf/conf_words.h ptn_enumeration
lib/conf/conf_words.h ptn_password_kernel
lib/conf/conf_words.h ptn_mail_transport
lib/conf/conf_words.h ptn_smtp_tls
lib/conf/conf_words.h ptn_db_hosts_order
lib/conf/conf_words.h ptn_db_sync_wait
lib/conf/conf_words.h ptn_db_tls
lib/conf/conf_words.h ptn_audit_output
lib/conf/conf_row.h ptn_conf # the parts of conf.h that only its own files use
# Rows with a name of their own.
lib/account/passcode.h ptn_code # of any kind; a passcode is one kind
lib/account/token.h ptn_claims # what a token says
lib/account/token.h ptn_email_claim
lib/account/webauthn_challenge.h ptn_webauthn_ceremony # what it is for
lib/dfns/factor.h ptn_dfns_cred_kind # needed below cred.h
lib/flow/step.h ptn_flow_value # the tables that a step goes by
lib/flow/step.h ptn_flow_action
lib/flow/step.h ptn_flow_work
lib/flow/step.h ptn_flow_place
lib/flow/step.h ptn_flow_definition
lib/mail/deliver.h ptn_delivery # what became of it
lib/mail/mail.h ptn_mailer # who writes mails
# The parts of the FastCGI program.
fcgi/listen.h ptn_listener
fcgi/process.h ptn_serve # each is in the file of its name
fcgi/process.h ptn_supervisor
fcgi/process.h ptn_worker
fcgi/process.h ptn_courier
fcgi/process.h ptn_receiver # the same
fcgi/process.h ptn_score
fcgi/process.h ptn_deliveries
fcgi/generation.h ptn_board
fcgi/process.h ptn_child
fcgi/process.h ptn_start
fcgi/process.h ptn_signals
fcgi/process.h ptn_wait
fcgi/process.h ptn_waiter
fcgi/process.h ptn_identity
fcgi/reply.h ptn_done
fcgi/reply.h ptn_header
fcgi/request.h ptn_method
fcgi/request.h ptn_param
fcgi/request.h ptn_value
fcgi/request.h ptn_env
fcgi/family.h ptn_auth # who may call
fcgi/routes.h ptn_rate_class
fcgi/routes.h ptn_need
fcgi/routes.h ptn_field
fcgi/routes.h ptn_input
fcgi/routes.h ptn_route
EOF
)

find lib fcgi -name '*.h' | LC_ALL=C sort | EXCUSES="$excuses" xargs awk '
	BEGIN {
		n = split(ENVIRON["EXCUSES"], line, "\n")
		for (i = 1; i <= n; i++)
			if (split(line[i], f, " ") > 1)
				excused[f[1], f[2]] = line[i]
	}
	function begins(name, noun) {
		# The noun, its plural, or either and more words.
		return name ~ ("^" noun "s?(_|$)")
	}
	function fits(name,    n, part, stem, i, found) {
		n = split(FILENAME, part, "/")
		stem = part[n]
		sub(/\.h$/, "", stem)
		if (begins(name, "ptn_" stem))
			return 1
		if (part[n - 1] == "dfns" && begins(name, "ptn_dfns_" stem))
			return 1
		if (part[n - 1] == "flow" && begins(name, "ptn_flow_" stem))
			return 1
		if (part[1] == "fcgi" && n > 2 && begins(name, "ptn_" part[2]))
			return 1
		found = 0
		for (i in excused) {
			split(i, part, SUBSEP)
			if (part[1] == FILENAME && begins(name, part[2])) {
				used[i] = 1
				found = 1
			}
		}
		return found
	}
	function look(name) {
		total++
		if (!fits(name)) {
			print "names.sh: " FILENAME ":" FNR ": " name \
			    " does not begin with the noun of its file"
			failed = 1
		}
	}
	FNR == 1 { depth = 0; comment = 0; macro = 0 }
	{
		s = $0
		gsub(/\/\*([^*]|\*+[^*\/])*\*\//, "", s)
		if (comment && s !~ /\*\//)
			next
		if (comment) {
			sub(/^.*\*\//, "", s)
			comment = 0
		}
		if (s ~ /\/\*/) {
			sub(/\/\*.*/, "", s)
			comment = 1
		}
		if (macro || s ~ /^[ \t]*#/) {
			macro = s ~ /\\$/
			next
		}
	}
	depth == 0 && s ~ /^(struct|enum|union) ptn_[a-z0-9_]+ \{/ {
		split(s, w, " ")
		look(w[2])
	}
	depth == 0 && match(s, /\(\*ptn_[a-z0-9_]+\)/) {
		look(substr(s, RSTART + 2, RLENGTH - 3))
		s = ""
	}
	depth == 0 && s !~ /^[ \t]/ && match(s, /ptn_[a-z0-9_]+\(/) {
		look(substr(s, RSTART, RLENGTH - 1))
	}
	depth == 0 && s ~ /^typedef/ && s !~ /\(/ && match(s, /ptn_[a-z0-9_]+;/) {
		look(substr(s, RSTART, RLENGTH - 1))
	}
	{ depth += gsub(/\{/, "", s) - gsub(/\}/, "", s) }
	END {
		for (i in excused)
			if (!(i in used)) {
				split(i, part, SUBSEP)
				print "names.sh: no excuse is needed: " part[1] \
				    " " part[2]
				failed = 1
			}
		if (total == 0) {
			print "names.sh: found no names"
			failed = 1
		}
		exit failed
	}
' >&2
