#!/usr/bin/perl
# nats-streams.pl backup|restore PORT USER DIRECTORY, the password by standard input: every stream of the user's account, with
# its consumers, as JetStream's own snapshot, which is of one moment while others publish. The files are those of the `nats`
# command (`nats stream backup`), which restores them as well. A backup takes the place of the former one as a whole, or
# not at all. A restore touches no stream that is there. Of perl's own library only, for a node has no other.
# https://docs.nats.io/reference/reference-protocols/nats_api_reference
use strict;
use warnings;
use IO::Socket::INET;
use IO::Select;

my ($verb, $port, $user, $directory) = @ARGV;
die "Usage: nats-streams.pl backup|restore PORT USER DIRECTORY\n" unless @ARGV == 4 and $verb =~ /^(backup|restore)$/;
chomp(my $password = <STDIN> // '');
my $patience = 60;
my $inbox = "_INBOX.homelab-backup.$$." . time;

my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Proto => 'tcp', Timeout => 10)
  or die "NATS does not answer on port $port: $!\n";
binmode $socket;
my $ready = IO::Select->new($socket);
my $buffer = '';

sub more {
    $ready->can_read($patience) or die "NATS said nothing for $patience s.\n";
    my $read = sysread $socket, $buffer, 1 << 20, length $buffer;
    defined $read or die "The connection to NATS broke: $!\n";
    $read or die "NATS closed the connection.\n";
}
sub line { more() until $buffer =~ s/^(.*?)\r\n//; $1 }
sub bytes { my $count = shift; more() while length($buffer) < $count + 2; my $got = substr $buffer, 0, $count; substr($buffer, 0, $count + 2) = ''; $got }
sub say_to {
    my $text = join '', @_;
    while (length $text) {
        my $sent = syswrite $socket, $text;
        defined $sent or die "The connection to NATS broke: $!\n";
        substr($text, 0, $sent) = '';
    }
}
sub publish { my ($subject, $reply, $payload) = @_; say_to("PUB $subject ", ($reply eq '' ? '' : "$reply "), length $payload, "\r\n", $payload, "\r\n") }

# The next message of ours: subject, where to answer, status of its header, payload.
sub message {
    while (1) {
        my $line = line();
        if ($line eq 'PING') { say_to("PONG\r\n") }
        elsif ($line =~ /^-ERR (.*)/) { die "NATS refuses: $1\n" }
        elsif ($line =~ /^MSG (\S+) \S+ +(?:(\S+) +)?(\d+)$/) { return ($1, $2 // '', '', bytes($3)) }
        elsif ($line =~ /^HMSG (\S+) \S+ +(?:(\S+) +)?(\d+) (\d+)$/) {
            my ($subject, $reply, $head, $all) = ($1, $2 // '', $3, $4);
            my $whole = bytes($all);
            my ($status) = substr($whole, 0, $head) =~ m{^NATS/1\.0 ?([^\r]*)};
            return ($subject, $reply, $status // '', substr $whole, $head);
        }
    }
}
my $asked = 0;
my @early; # what came before the answer to the question that it belongs to: the server sends them by two ways
sub ask { # SUBJECT PAYLOAD: the answer, which is no error
    my ($subject, $payload) = @_;
    my $at = "$inbox.answer." . ++$asked;
    publish($subject, $at, $payload);
    while (1) {
        my ($to, $reply, $status, $answer) = message();
        if ($to ne $at) { push @early, [$to, $reply, $status, $answer]; next }
        die "Nobody answers $subject: JetStream is not available.\n" if $status =~ /^503/;
        die "$subject: $1\n" if $answer =~ /"error":\{[^}]*"description":"([^"]*)"/;
        return $answer;
    }
}
sub quoted { my $text = shift; $text =~ s/(["\\])/\\$1/g; "\"$text\"" }

line() =~ /^INFO / or die "What answers on port $port is no NATS.\n";
say_to('CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true,"lang":"perl","version":"1","name":"homelab-backup","user":',
    quoted($user), ',"pass":', quoted($password), "}\r\nSUB $inbox.answer.* 1\r\nSUB $inbox.chunks.* 2\r\nPING\r\n");
while (1) {
    my $line = line();
    last if $line eq 'PONG';
    die "NATS refuses: $1\n" if $line =~ /^-ERR (.*)/;
}

sub streams {
    my @names;
    while (1) {
        my $answer = ask('$JS.API.STREAM.NAMES', '{"offset":' . @names . '}');
        my ($total) = $answer =~ /"total":(\d+)/ or die "NATS does not say which streams there are: $answer\n";
        my ($list) = $answer =~ /"streams":\[([^\]]*)\]/;
        push @names, ($list // '') =~ /"((?:[^"\\]|\\.)*)"/g;
        return @names if @names >= $total or !defined $list or $list eq '';
    }
}
sub write_file {
    my ($path, $content) = @_;
    open my $file, '>:raw', $path or die "$path cannot be written: $!\n";
    print $file $content or die "$path cannot be written: $!\n";
    close $file or die "$path cannot be written: $!\n";
}
sub remove_tree { my $path = shift; system('rm', '-rf', '--one-file-system', '--', $path) == 0 or die "$path cannot be removed.\n" }

my $snapshots = 0;
sub backup {
    my ($name, $into) = @_;
    mkdir $into, 0700 or die "$into cannot be made: $!\n";
    my $at = "$inbox.chunks." . ++$snapshots;
    my $answer = ask("\$JS.API.STREAM.SNAPSHOT.$name", qq({"deliver_subject":"$at","chunk_size":131072,"jsck":true}));
    open my $file, '>:raw', "$into/stream.tar.s2" or die "$into/stream.tar.s2 cannot be written: $!\n";
    my ($bytes, $chunks) = (0, 0);
    while (1) {
        my ($to, $reply, $status, $chunk) = @early ? @{shift @early} : message();
        next unless $to eq $at;
        die "The snapshot of $name broke off: $status\n" if $status ne '' and $status !~ /^204/;
        last if $chunk eq '' and $reply eq '';
        # All but the last say which they are.
        ++$chunks;
        die "The snapshot of $name came in part.\n" if $reply =~ /\.(\d+)\.(\d+)$/ and ($1 != length $chunk or $2 != $chunks);
        print $file $chunk or die "$into/stream.tar.s2 cannot be written: $!\n";
        $bytes += length $chunk;
        publish($reply, '', '') if $reply ne '';
    }
    # Even a stream without messages has its configuration in it.
    $bytes or die "The snapshot of $name came in part.\n";
    close $file or die "$into/stream.tar.s2 cannot be written: $!\n";
    $answer =~ s/"type":"[^"]*",?//;
    write_file("$into/backup.json", $answer);
    my ($count) = $answer =~ /"state":\{[^}]*?"messages":(\d+)/;
    return $count // '?';
}
sub restore {
    my ($name, $from) = @_;
    open my $file, '<:raw', "$from/stream.tar.s2" or die "$from/stream.tar.s2 cannot be read: $!\n";
    open my $head, '<:raw', "$from/backup.json" or die "$from/backup.json cannot be read: $!\n";
    my $what = do { local $/; <$head> };
    my ($to) = ask("\$JS.API.STREAM.RESTORE.$name", $what) =~ /"deliver_subject":"([^"]*)"/
      or die "NATS does not say where to restore $name.\n";
    while (read $file, my $chunk, 131072) { ask($to, $chunk) }
    my ($count) = ask($to, '') =~ /"state":\{[^}]*?"messages":(\d+)/ or die "NATS does not say that $name is restored.\n";
    return $count;
}

if ($verb eq 'backup') {
    my ($new, $old) = ("$directory/.new", "$directory/.old");
    remove_tree($_) for $new, $old;
    mkdir $new, 0700 or die "$new cannot be made: $!\n";
    for my $name (streams()) {
        die "The stream $name has a name that is no folder's.\n" if $name =~ m{[/\\]|^\.};
        print "$name: ", backup($name, "$new/$name"), " messages\n";
    }
    system('sync', '-f', $new) == 0 or die "$new cannot be synced.\n";
    if (-e "$directory/streams") { rename "$directory/streams", $old or die "$directory/streams cannot be renamed: $!\n" }
    rename $new, "$directory/streams" or die "$new cannot be renamed: $!\n";
    remove_tree($old);
} else {
    my $from = -d "$directory/streams" ? "$directory/streams" : -d "$directory/.old" ? "$directory/.old" : die "There are no streams in $directory.\n";
    my %there = map { $_ => 1 } streams();
    opendir my $list, $from or die "$from cannot be read: $!\n";
    for my $name (sort grep { !/^\./ } readdir $list) {
        if ($there{$name}) { print "$name: is there, and is left as it is\n" }
        else { print "$name: ", restore($name, "$from/$name"), " messages\n" }
    }
}
