#! /usr/bin/env atf-sh
# OpenSSH lists, signs and logs in with keys of a token.

# What every case starts with: two key pairs, their public keys as OpenSSH
# writes them, and a program that answers with the PIN.
keys_prepare()
{
  local name
  key_pair rsa:2048 01 rsa --usage-sign
  key_pair EC:prime256v1 02 ec --usage-sign
  for name in rsa ec; do
    ssh-keygen -i -m PKCS8 -f "$name.pub" >"$name.ssh" ||
      atf_fail "$kind: ssh-keygen does not read $name.pub"
  done
  printf '#! /bin/sh\necho %s\n' 1234 >askpass
  chmod 700 askpass
  SSH_ASKPASS=$PWD/askpass SSH_ASKPASS_REQUIRE=force
  export SSH_ASKPASS SSH_ASKPASS_REQUIRE
}

# agent_start: an agent that has loaded the token's keys.
agent_start()
{
  # The path of a socket is short.
  agent=$(mktemp -d "${TMPDIR:-/tmp}/agent.XXXXXX")
  SSH_AUTH_SOCK=$agent/s
  export SSH_AUTH_SOCK
  ssh-agent -D -a "$SSH_AUTH_SOCK" -P "$(realpath "$module")" \
    >agent.log 2>&1 </dev/null &
  echo $! >agent.pid
  wait_for 10 test -S "$SSH_AUTH_SOCK" || fails "no agent" agent.log
  ssh-add -s "$module" >add.log 2>&1 </dev/null ||
    fails "ssh-add does not load the token" add.log agent.log
}

agent_stop()
{
  stop_pid agent.pid
  rm -rf "$agent"
  unset SSH_AUTH_SOCK
}

# The keys that a list of OpenSSH's names, without their comments.
keys_of()
{
  cut -d ' ' -f 1,2 "$@" | sort
}

list_steps()
{
  keys_prepare
  ssh-keygen -D "$module" >list 2>list.err || fails "ssh-keygen -D" list.err
  keys_of list >keys
  keys_of rsa.ssh ec.ssh >expected
  atf_check cmp expected keys
}

agent_steps()
{
  local name
  keys_prepare
  agent_start
  ssh-add -L >list || fails "ssh-add -L" agent.log
  keys_of list >keys
  keys_of rsa.ssh ec.ssh >expected
  atf_check cmp expected keys
  echo 'some data' >data
  for name in rsa ec; do
    # The agent signs a challenge and the public key verifies it.
    atf_check -e ignore ssh-add -T "$name.ssh"
    rm -f data.sig
    ssh-keygen -Y sign -n test -f "$name.ssh" data 2>sign.err ||
      fails "ssh-keygen -Y sign with $name" sign.err agent.log
    printf 'me %s\n' "$(cat "$name.ssh")" >signers
    atf_check -o match:'Good "test" signature for me' ssh-keygen -Y verify \
      -f signers -I me -n test -s data.sig <data
    echo 'other data' >other
    atf_check -s not-exit:0 -o ignore -e ignore ssh-keygen -Y verify \
      -f signers -I me -n test -s data.sig <other
  done
  # Unloaded, the token's keys are gone.
  atf_check -o ignore -e ignore ssh-add -e "$module"
  atf_check -s exit:1 -o match:'no identities' ssh-add -L
  agent_stop
}

# A key in the token as a certification authority for hosts and users.
authority_steps()
{
  keys_prepare
  atf_check ssh-keygen -q -t ed25519 -N '' -f user
  for name in rsa ec; do
    ssh-keygen -q -D "$module" -s "$name.ssh" -I id -n me user.pub \
      >sign.log 2>&1 </dev/null || fails "signing with $name" sign.log
    atf_check -o match:"CA: .*$(ssh-keygen -l -f "$name.ssh" |
      cut -d ' ' -f 2 | sed 's/[+]/[+]/g')" -o match:'Key ID: "id"' \
      ssh-keygen -L -f user-cert.pub
    rm user-cert.pub
  done
}

# sshd_start: a server for this user alone, who comes with a key of the token.
sshd_start()
{
  atf_check ssh-keygen -q -t ed25519 -N '' -f host
  port=$(free_port)
  {
    printf '%s\n' "Port $port" 'ListenAddress 127.0.0.1' "HostKey $PWD/host" \
      "AuthorizedKeysFile $PWD/authorized" "PidFile $PWD/sshd.pid" \
      'StrictModes no' 'UsePAM no' 'PasswordAuthentication no' \
      'KbdInteractiveAuthentication no' 'Subsystem sftp internal-sftp'
  } >sshd.conf
  /usr/sbin/sshd -D -e -f "$PWD/sshd.conf" 2>>sshd.log </dev/null &
  echo $! >sshd.started
  server_wait $! "$port" || fails "no sshd" sshd.log
  printf '[127.0.0.1]:%s %s\n' "$port" "$(cat host.pub)" >known
}

# log_in NAME OPTION...: fetches the file "sent" with the key NAME, the only one
# that may.
log_in()
{
  local name=$1
  shift
  rm -f fetched
  : >sshd.log
  cat "$name.ssh" >authorized
  echo "get $PWD/sent fetched" >batch
  # A batch asks for no PIN, unless told before that it is one.
  sftp -o BatchMode=no -b batch -F none -P "$port" \
    -o UserKnownHostsFile="$PWD/known" -o GlobalKnownHostsFile=none \
    -o StrictHostKeyChecking=yes -o PreferredAuthentications=publickey "$@" \
    "$(id -un)@127.0.0.1" >sftp.log 2>&1 </dev/null ||
    fails "no login with $name" sftp.log sshd.log
  atf_check cmp sent fetched
  atf_check -o match:"Accepted publickey for .*$(ssh-keygen -l -f "$name.ssh" |
    cut -d ' ' -f 2 | sed 's/[+]/[+]/g')" cat sshd.log
}

login_steps()
{
  local name
  keys_prepare
  echo sent >sent
  sshd_start
  # By the module itself, for which ssh asks for the PIN.
  for name in rsa ec; do
    log_in "$name" -o PKCS11Provider="$module" -o IdentityAgent=none
  done
  # By the agent, with each key.
  agent_start
  for name in rsa ec; do
    log_in "$name" -o IdentitiesOnly=yes -o IdentityFile="$PWD/$name.ssh"
  done
  # A token without the keys comes not in.
  : >authorized
  atf_check -s not-exit:0 -o ignore -e ignore sftp -b batch -F none \
    -P "$port" -o UserKnownHostsFile="$PWD/known" "$(id -un)@127.0.0.1"
  agent_stop
  stop_pid sshd.started
}

atf_init_test_cases()
{
  . "$(atf_get_srcdir)/lib.sh"
  case_on_both list
  case_on_both agent
  case_on_both authority
  case_on_store list
  case_on_store agent
  # The server serves the user whom it runs as.
  case_on_both login
  case_on_store login
  login_head() { atf_set require.user unprivileged; }
  login_on_store_head() { login_head; }
}
