# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Completion for momd and momctl in bash.
#
# What there is to complete is asked of the programs: their --help lists commands and options, and what an option
# takes. So nothing here must be kept in step with them. Needs nothing but bash.

# _momd_help COMMAND...: prints a line for each thing that COMMAND --help lists: "command WORD..." (momctl's commands),
# "option --NAME[=ARGUMENT]" and "option -X[=ARGUMENT]", "files" if arguments are files
_momd_help() {
    local line part='' argument
    while IFS= read -r line; do
        case $line in
            Usage:*) part=usage ;;
            Commands:*) part=commands ;;
            *Options:*) part=options ;;
            '') part= ;;
            *)
                if [[ $part = commands && $line =~ ^\ \ ([a-z][a-z\ -]*[a-z])\ \  ]]; then
                    echo "command ${BASH_REMATCH[1]}"
                elif [[ $part = options && $line =~ ^\ \ ((-[A-Za-z]),\ )?(--[a-z-]+)(=([^ ]+))? ]]; then
                    argument=${BASH_REMATCH[4]}
                    echo "option ${BASH_REMATCH[3]}$argument"
                    [[ -z ${BASH_REMATCH[2]} ]] || echo "option ${BASH_REMATCH[2]}$argument"
                elif [[ $part = usage && $line =~ \]\ \[?(FILE|DIR) ]]; then
                    echo files
                fi
                ;;
        esac
    done < <("$@" --help 2>/dev/null)
}

# _momd_files KIND WORD: completes names of files; KIND "directories" offers these alone
_momd_files() {
    local action=file
    [[ $1 = directories ]] && action=directory
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -A "$action" -- "$2")
}

# _momd_value ARGUMENT WORD: completes what an option takes, by the name that --help gives to it
_momd_value() {
    case $1 in
        DIR) _momd_files directories "$2" ;;
        FILE | PATH | STATE.json) _momd_files all "$2" ;;
        TARGET)
            _momd_files all "$2"
            [[ stdio = "$2"* ]] && COMPREPLY+=(stdio)
            ;;
        KEY) mapfile -t COMPREPLY < <(compgen -W 'name has uses unused max age' -- "$2") ;;
        KNOB) mapfile -t COMPREPLY < <(compgen -W 'balloon_target ksm vcpu_quota vcpu_period io_tune' -- "$2") ;;
        VERDICT)
            mapfile -t COMPREPLY < <(compgen -W 'sent done failed railed passed-over dry stuck follows' -- "$2")
            ;;
        AGE) mapfile -t COMPREPLY < <(compgen -W '90s 5min 2h 3d' -- "$2") ;;
        N) mapfile -t COMPREPLY < <(compgen -W '10 100 500' -- "$2") ;;
        LEVEL) mapfile -t COMPREPLY < <(compgen -W 'critical error warn info debug 1 2 3 4 5' -- "$2") ;;
    esac
}

_momd() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} line option
    local -a told words command=("$1") options=() next=()
    local files=false i

    # bash ends words at "=": --config = FILE are three.
    [[ $cur = '=' ]] && cur=
    [[ $prev = '=' ]] && ((COMP_CWORD >= 2)) && prev=${COMP_WORDS[COMP_CWORD - 2]}

    COMPREPLY=()
    mapfile -t told < <(_momd_help "$1")
    # The words of a command, as far as they are typed and no option comes before.
    for ((i = 1; i < COMP_CWORD; i++)); do
        [[ ${COMP_WORDS[i]} != -* ]] || break
        for line in "${told[@]}"; do
            [[ "$line " != "command ${command[*]:1}${command[1]:+ }${COMP_WORDS[i]} "* ]] || {
                command+=("${COMP_WORDS[i]}")
                break
            }
        done
    done
    [[ ${#command[@]} -eq 1 ]] || mapfile -t told < <(_momd_help "${command[@]}")

    for line in "${told[@]}"; do
        case $line in
            option\ *)
                option=${line#option }
                if [[ $prev = "${option%%=*}" && $option = *=* ]]; then
                    _momd_value "${option#*=}" "$cur"
                    return
                fi
                [[ $option != --* ]] || options+=("${option%%=*}")
                ;;
            command\ *)
                read -ra words <<<"${line#command }"
                [[ ${words[*]:0:${#command[@]}-1} != "${command[*]:1}" ]] ||
                    next+=("${words[${#command[@]} - 1]}")
                ;;
            files) files=true ;;
        esac
    done
    if $files && [[ $cur != -* ]]; then
        _momd_files all "$cur"
        return
    fi
    [[ $cur = -* || ${#next[@]} -eq 0 ]] || options=("${next[@]}")
    mapfile -t COMPREPLY < <(compgen -W "${options[*]}" -- "$cur" | sort -u)
}

complete -F _momd momd momctl
