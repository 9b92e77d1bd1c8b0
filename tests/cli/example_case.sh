#!/bin/sh
# Makes an example case in an empty folder, as two people would: an attack on one system and a disk
# fault on another, with corrections, late entries, an override and deadlines; then its report.
#
#   tests/cli/example_case.sh BUILD/src/calm EMPTY-FOLDER
#
# Where faketime is installed the clock runs through one Monday; else all is written at once.
set -eu
calm=$(realpath "$1")
mkdir -p "$2"
cd "$2"
ana_home=$PWD/ana
bo_home=$PWD/bo
mkdir -p "$ana_home" "$bo_home"
day=2026-11-23
clock=$day\ 03:10:00
export TZ=Europe/Berlin

as() { # HOME WORDS…: one command line of one person
    home=$1
    shift
    if command -v faketime >/dev/null; then
        env HOME="$home" USER="${home##*/}" faketime -f "@$clock" "$calm" "$@"
    else
        env HOME="$home" USER="${home##*/}" "$calm" "$@"
    fi
}
at() { clock="$day $1:00"; }
ana() { as "$ana_home" "$@"; }
bo() { as "$bo_home" --case monday.calm "$@"; }

at 03:12
ana open monday
ana note "monitoring called: web1 answers slowly, load 40, mail queue at 3,100 and growing" --at 03:05 --at-clock "the monitoring system"
at 03:14
ana problem raise "web1 sends mail in bulk" --sort attack --impact high --urgency high --trend growing --since 02:40
ana assess system web1 --state suspected --purpose "the shop" --owner "Eva Brandt, 0171 000001" --address 10.1.0.30 --place "rack 2; sw2 port 14" --normal "40 orders an hour, load below 2, mail queue empty"
at 03:17
ana assess look "load 40; 212 php processes of www-data; nobody logged in but me; the shop answers" --system web1
at 03:19
ana call "Bo Winter" "asked him to come in; he leaves at once and brings the spare laptop"
at 03:21
ana problem raise "raid on db1 is degraded" --sort fault --impact high --urgency medium --since "yesterday 23:51"
ana assess system db1 --state suspected --purpose "the shop's database" --owner "Jan Falk, 0171 000002"
at 03:31
ana stop plan "take web1 off the network: shut sw2 port 14" --system web1 --breaks "the shop is off for customers" --undo "no shutdown on sw2 port 14" --for p1
at 03:34
ana note decision "web1 goes off the network now; the power stays on" --because "it attacks others by mail" --by-whom "Ana Roth"
ana stop begin a1
at 03:36
ana stop done a1 "port shut at 03:35 by the switch's clock" --at 03:35
at 03:38
ana stop check a1 works "no packet from 10.1.0.30 on the mirror port for two minutes"
at 03:52
bo team join "Bo Winter" --part documents
ana team admit "Bo Winter" --role responder --role scribe
ana team part ana acts
at 03:55
bo note "came in at 03:50; Ana told me what she did so far" --at 03:50
bo assess look "drive 3 of db1 shows a red light, its fan is loud; the controller's log names slot 3" --system db1
at 03:58
bo note "drive 3 of db1 was loud already on Friday, nobody wrote it down" --at "2026-11-20 16:00" --at-precision hour --at-clock "my memory"
at 04:05
bo preserve hold web1 --backup offline --last-backup "yesterday 23:00" --untouched unknown --rotation suspended --requested "netflow of the provider, 24 h" --requested "door log of the server room"
bo preserve hold db1 --backup online --last-backup "yesterday 23:00" --untouched yes --rotation suspended
at 04:10
ana analyse hypothesis "somebody entered web1 through the shop's upload and sends mail from there" --sort attack --system web1 --decides "who wrote /var/www/up/x.php"
ana analyse hypothesis "a job of the newsletter runs wild" --sort accident --system web1 --decides "the job's own log"
ana analyse hypothesis "drive 3 of db1 fails by itself" --sort fault --system db1 --decides "the controller's log"
at 04:18
ana team add "Clara Hahn" --position CIO --mobile "0171 000003"
ana team add "Dr. Lang" --position "counsel" --mobile "0171 000004"
ana notify role cio "Clara Hahn" --need "decides on the outage of the shop"
ana notify role head-of-security ana
ana notify role operations-manager "Jan Falk" 2>/dev/null || { ana team add "Jan Falk" --position "operations manager"; ana notify role operations-manager "Jan Falk"; }
ana notify channel phone --trust trusted --because "mobiles of another network"
ana notify channel "office mail" --trust compromised --because "it runs on web1"
at 05:20
ana notify draft "Clara Hahn" "The shop is off since 03:35. We suspect an incident on web1 and a failed drive in db1. Decision needed by 08:00: stay off until noon? Next news at 07:00." --channel phone
ana notify sent m1 --channel phone
at 05:24
ana notify acknowledged m1 "agrees: off until noon; wants news at 07:00"
bo call "Clara Hahn" "the CIO agrees that the shop stays off until noon, and asks whether customer data is concerned" --at 05:22
at 05:30
ana notify start gdpr --trigger 03:40 --because "customer data on web1 may have been read" --decided-by "Dr. Lang, counsel"
at 05:50
bo preserve item "drive 3 of db1, serial ZA1F33X9" --system db1 --place "safe, room 2" --seal 0815 --holder "Bo Winter"
bo preserve item "photograph of the red light at db1" --sort paper --place "folder of the case"
bo preserve move e1 handed-over --from "Bo Winter" --to "Ana Roth" --place "safe, room 2" --seal 0815 --because "kept for the maker's examination" --signed "both, on the form"
at 06:10
bo note research "a web shell of this name is known for this shop's upload up to 4.1.9" --source "advisory of the shop's maker, 2026-10-02"
ana note "x.php lies in the upload folder, written 02:31 by www-data; it is 14 kB"
ana assess known "x.php was written to the shop's upload folder on Sunday night at 02:31" --system web1
ana assess unknown "whether customer data was read" --system web1
ana assess assume "the backup of Sunday 23:00 is clean"
bo note correct r19 "the loud drive is drive 3 of the second shelf, not of the first"
at 06:20
ana analyse weigh h1 k1 for --strength strong --because "the file is a known web shell, and mail began nine minutes later"
ana analyse weigh h2 k1 against --because "the newsletter does not use the upload folder"
ana analyse weigh h3 e2 for --strength medium --because "the light marks one slot only"
ana analyse mark h2 ruled-out
at 06:30
ana analyse conclude web1 attack --confidence high --because "a web shell in the upload folder, written nine minutes before the mail began" --evidence k1
ana analyse conclude db1 fault --confidence medium --because "one drive failed; nothing connects it with web1" --evidence e1
ana assess mark web1 affected
at 06:40
ana clean done "deleted x.php from web1 before the assessment was signed; a copy is kept" "file gone; copy on the stick" --system web1 --undo "copy it back from the stick"
at 06:55
ana assess sign "web1 was entered through the shop's upload and used to send mail; db1 has a failed drive, not connected with it. Next: rebuild web1, replace the drive."
at 07:05
ana incident confirmed --text "the web shell and its time (k1)"
bo problem change p1 --trend shrinking
bo problem top p2 --because "web1 is cut off; a second drive failing would lose the orders"
at 07:20
ana clean plan "rebuild web1 from the image of May, restore data of Sunday 23:00" --system web1 --breaks "orders since 23:00 are typed in by hand" --undo "the old disk stays in the safe" --for p1
bo clean approve a3
ana clean begin a3 --override "the recorded state of web1 is on the old disk, which is kept whole"
at 09:40
ana clean done a3 "rebuilt; data restored; 3 orders typed in by hand"
bo clean check a3 works "compared with the image's list of files; no other difference"
at 09:55
ana fix weakness "the shop's upload takes any file" --used yes --system web1 --from k1
ana fix weakness "db1 has no spare drive, and nobody is told when one fails" --used no --system db1
ana fix plan "update the shop to 4.2.1" --system web1 --undo "package 4.1.9 is kept" --for w1
bo fix approve a4
ana fix begin a4 --override "as for a3"
at 10:10
ana fix done a4 "updated"
bo fix check a4 works "upload of a .php file is refused"
ana fix mark w1 closed --by-what a4 --proof "upload of a .php file is refused"
at 10:30
bo fix done "replaced drive 3 of db1 with a new one" "rebuild of the array began 10:25" --system db1 --undo "cannot be undone; the old drive is e1"
at 11:50
bo fix check a5 works "array complete at 11:41 by the controller's log"
bo problem close p2 "drive replaced, array complete 11:41"
bo confirm normal "an order from the test account went through, and was paid" --system web1 --what application --outcome normal
bo confirm normal "the database answers, its checks are clean" --system db1 --what data --outcome normal
at 12:05
bo confirm sign web1 "Eva Brandt, by voice; signs on paper this afternoon"
ana problem close p1 "web1 rebuilt, upload closed, mail queue empty since 09:45"
ana note "spoke to the board at noon about what this may cost us" --tlp red
ana assess answer k2 "the web server's log shows no request for the customers' pages by x.php" --standing known
at 14:00
ana notify decide-not d1 "no personal data was read (k2)" --decided-by "Dr. Lang, counsel"
ana learn "the second person came after 40 minutes because no roster said whom to call" --do "a duty roster on the wall and in the phones" --owner "Clara Hahn" --due "in 30 days" --practice team --time-lost "40 min"
ana learn "the drive was loud on Friday and nobody wrote it down" --do "one place to write such things, looked at each morning" --owner "Jan Falk" --due "in 14 days" --practice note
ana report risk "password hashes of customers may have been copied without a trace in the logs" --level medium --accepted-by "Clara Hahn" --because "all customers must choose a new password at the next login" --review "in 90 days"
ana report scope "web1 and db1, from Friday to Monday afternoon. The other systems of the shop were not looked at." --methods "by hand at the consoles of both systems and of the switch; logs as found" --limits "the provider's netflow had not come when this was written"
at 15:00
ana report draft "Mail from web1 and a failed drive in db1, 23 November 2026" --audience "management and counsel" --privilege "Privileged and confidential: prepared at the direction of counsel" --to "Clara Hahn, CIO" --to "Dr. Lang, counsel" --to "Eva Brandt, owner of the shop" --file report
at 15:20
bo report review "read against the record; times and hashes agree"
ana report approve "approved for the board"
at 15:30
ana report issue
