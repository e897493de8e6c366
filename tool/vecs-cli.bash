# bash completion for vecs-cli

# The options of each command; tool/man_test compares them with the command.
_vecs_cli_options()
{
	local remote='--server --upn'
	local files='--store --alias --cert --key --pkcs12 --crl --password
		--password-file --key-password-file --sensitive
		--non-extractable --force'
	local select='--store --class --label --id --uid'
	local new='--store --label --algorithm --use --id --extractable'
	local with='--with --mechanism --hash'

	case "$1" in
	'store create') echo "--name $remote" ;;
	'store list') echo "$remote" ;;
	'store delete') echo "--name -y --yes $remote" ;;
	'store permission') echo "--name --user --grant --revoke $remote" ;;
	'store get-permissions') echo "--name $remote" ;;
	'entry create' | 'entry replace') echo "$files $remote" ;;
	'entry list') echo "--store --text --aliases $remote" ;;
	'entry getcert')
		echo "--store --alias --output --text --password $remote" ;;
	'entry getkey')
		echo "--store --alias --output --text --password" \
		    "--password-file --reference --exact $remote" ;;
	'entry delete') echo "--store --alias -y --yes $remote" ;;
	'entry revert') echo "--store --alias $remote" ;;
	'entry generate')
		echo "--store --alias --algorithm --subject --csr $remote" ;;
	'entry import-cert') echo "--store --alias --cert $remote" ;;
	'object list' | 'object show') echo "$select $remote" ;;
	'object set') echo "$select --all $remote" ;;
	'object delete') echo "$select --all -y --yes $remote" ;;
	'key generate') echo "$new $remote" ;;
	'key wrap') echo "$select $with --output $remote" ;;
	'key unwrap') echo "$new $with --input $remote" ;;
	import)
		echo "--from --from-token --from-pin-source --store $remote" ;;
	'token info') echo "--name --mechanisms $remote" ;;
	'token init' | 'token delete') echo "--name -y --yes $remote" ;;
	'token set-pin') echo "--name --so --new-pin-source $remote" ;;
	'token unlock') echo "--name --new-pin-source $remote" ;;
	'token user list') echo "--name $remote" ;;
	'token user add')
		echo "--name --user --rights --new-pin-source $remote" ;;
	'token user set-pin')
		echo "--name --user --own --new-pin-source $remote" ;;
	'token user remove') echo "--name --user -y --yes $remote" ;;
	'token list' | force-refresh | rekey) echo "$remote" ;;
	check) echo "--repair $remote" ;;
	backup) echo "--store --password-file --recipient $remote" ;;
	restore) echo "--password-file --key --as --replace $remote" ;;
	status) echo "--days --prometheus $remote" ;;
	esac
	echo '--module --token --pin-source --so-pin-source --json --help'
}

# Offers those lines of a command's output that begin with the first word.
_vecs_cli_lines()
{
	local cur=$1 line

	shift
	while read -r line; do
		[[ $line == "$cur"* ]] && COMPREPLY+=("$(printf %q "$line")")
	done < <("$@" 2>/dev/null </dev/null)
}

_vecs_cli()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local command=${COMP_WORDS[1]} first='store entry token object key
		get-permissions force-refresh status check backup restore rekey
		import help --version'
	local nouns=' store entry token object key ' store i

	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W "$first" -- "$cur")
		return
	fi
	if ((COMP_CWORD == 2)); then
		case "$command" in
		store) mapfile -t COMPREPLY < <(compgen -W 'create list delete
			permission get-permissions' -- "$cur") ;;
		entry) mapfile -t COMPREPLY < <(compgen -W 'create list getcert
			getkey delete replace revert generate import-cert' \
			-- "$cur") ;;
		token) mapfile -t COMPREPLY < <(compgen -W 'list info init
			set-pin unlock delete user' -- "$cur") ;;
		key) mapfile -t COMPREPLY < <(compgen -W 'generate wrap
			unwrap' -- "$cur") ;;
		object) mapfile -t COMPREPLY < <(compgen -W 'list show set
			delete' -- "$cur") ;;
		esac
		[[ $nouns == *" $command "* ]] && return
	fi
	[[ $nouns == *" $command "* ]] && command+=" ${COMP_WORDS[2]}"
	if [[ $command == 'token user' ]]; then
		if ((COMP_CWORD == 3)); then
			mapfile -t COMPREPLY < <(compgen -W 'list add set-pin
				remove' -- "$cur")
			return
		fi
		command+=" ${COMP_WORDS[3]}"
	fi
	case "$prev" in
	--name | --store)
		_vecs_cli_lines "$cur" vecs-cli store list ;;
	--alias)
		for ((i = 2; i < COMP_CWORD - 1; i++)); do
			[[ ${COMP_WORDS[i]} == --store ]] &&
			    store=${COMP_WORDS[i+1]}
		done
		store=${store//[\'\"\\]/}
		_vecs_cli_lines "$cur" vecs-cli entry list --aliases \
		    --store "$store"
		;;
	backup | restore | softhsm2 | --recipient | --cert | --key | --pkcs12 | --crl | \
	    --output | --input | --csr | --module | --password-file | --key-password-file)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
	--user)
		mapfile -t COMPREPLY < <(compgen -u -W EVERYONE -- "$cur") ;;
	--from)
		mapfile -t COMPREPLY < <(compgen -f -W softhsm2 -- "$cur") ;;
	--algorithm)
		mapfile -t COMPREPLY < <(compgen -W 'rsa ec ed25519 ed448 x25519
			x448 ml-dsa ml-kem slh-dsa aes generic chacha20 des3' \
			-- "$cur") ;;
	--class)
		mapfile -t COMPREPLY < <(compgen -W 'data certificate
			public-key private-key secret-key' -- "$cur") ;;
	--grant | --revoke | --rights)
		mapfile -t COMPREPLY < <(compgen -W 'read write use' -- \
		    "$cur") ;;
	*)
		mapfile -t COMPREPLY < <(compgen -W \
		    "$(_vecs_cli_options "$command")" -- "$cur") ;;
	esac
}

complete -F _vecs_cli vecs-cli
