#!/usr/bin/perl
# Stands between systemd-journal-upload and the log engine, on the node itself: takes secrets out of each entry before it leaves
# the node, and adds the id of the chain of requests that a message names, as a field. An answer is the engine's own, so the
# shipper's note of how far it has come moves only when the engine has said yes.
# Arguments: the engine's host, port, file of expressions, and the expression of the chain (Secrets.pm). Listens on a port of the
# loopback that is free, and prints its number.
use strict;
use warnings;
use IO::Socket::IP;
use File::Basename qw(dirname);
use lib dirname(__FILE__);
use Secrets;
$SIG{PIPE} = 'IGNORE';
my ($host, $port, $file, $chain) = @ARGV;
my $secrets = Secrets->new($file, $chain);
my $longest = 1 << 20;    # bytes of a field that are held at once; a longer one is left out

# What programs say, and with which arguments they were started; the rest of the journal's own fields (_PID, __CURSOR) hold
# nothing of theirs.
sub said { return $_[0] !~ /^_/ || $_[0] eq '_CMDLINE' }

my ($in, $at, $skip, $id);    # what was read, up to where it is done, what is left out, and the entry's chain

sub begin { ($in, $at, $skip, $id) = ('', 0, undef, '') }

# Takes a piece of the journal's export format and gives what can be sent on of it.
# https://systemd.io/JOURNAL_EXPORT_FORMATS/
sub feed {
    $in .= $_[0];
    my $out = '';
    while (1) {
        if (defined $skip) {
            if ($skip eq 'line') {    # a text without an end in sight
                my $end = index $in, "\n", $at;
                if ($end < 0) { $at = length $in; last }
                ($at, $skip) = ($end + 1, undef);
            } else {                  # so many bytes
                my $left = length($in) - $at;
                if ($left < $skip) { $skip -= $left; $at = length $in; last }
                $at += $skip;
                $skip = undef;
            }
            next;
        }
        my $end = index $in, "\n", $at;
        if ($end < 0) {
            if (length($in) - $at > $longest && substr($in, $at, 128) =~ /^([A-Z0-9_]+)=/) {
                $out .= "$1=[too long, left out]\n";
                $skip = 'line';
                next;
            }
            last;
        }
        my $line = substr $in, $at, $end - $at;
        if ($line eq '') {            # the entry ends
            $out .= "CORRELATION_ID=$id\n" if $id ne '';
            $out .= "\n";
            $id = '';
            $at = $end + 1;
            next;
        }
        my ($name, $value) = split /=/, $line, 2;
        if (defined $value) {
            $at = $end + 1;
        } else {                      # NAME, the length, so many bytes, a new line
            last if length($in) < $end + 9;
            my $size = unpack 'Q<', substr $in, $end + 1, 8;
            if ($size > $longest) {
                $out .= "$name=[too long, left out]\n";
                ($at, $skip) = ($end + 9, $size + 1);
                next;
            }
            last if length($in) < $end + 10 + $size;
            $value = substr $in, $end + 9, $size;
            $at = $end + 10 + $size;
        }
        if (said($name)) {
            $id = $secrets->chain($value) || $id if $name eq 'MESSAGE';
            $id = '' if $name eq 'CORRELATION_ID';
            # With its name before it: a field may be called PASSWORD.
            $value = substr $secrets->redact("$name=$value"), 1 + length $name;
        }
        $out .= index($value, "\n") < 0 ? "$name=$value\n" : $name . "\n" . pack('Q<', length $value) . "$value\n";
    }
    substr $in, 0, $at, '';
    $at = 0;
    return $out;
}

sub answer {
    my ($client, $status, $text) = @_;
    print {$client} "HTTP/1.1 $status\r\nContent-Type: text/plain\r\nContent-Length: " . length($text) . "\r\nConnection: close\r\n\r\n$text";
}

# chunk CONNECTION: the next piece of a chunked body; nothing at its end, and death where it breaks off.
sub chunk {
    my ($client) = @_;
    my $head = <$client> // die "the shipper went away\n";
    $head =~ /^([0-9a-fA-F]+)/ or die "no chunk\n";
    my $size = hex $1;
    my $data = '';
    while (length $data < $size) {
        read($client, $data, $size - length $data, length $data) or die "the shipper went away\n";
    }
    <$client>;
    return $size == 0 ? undef : $data;
}

sub serve {
    my ($client) = @_;
    my $request = <$client> // return;
    my ($path) = $request =~ m{^(?:POST|PUT) (/\S*) HTTP/1\.1} or return answer($client, '400 Bad Request', "POST alone\n");
    my %head;
    while (defined(my $line = <$client>)) {
        last if $line =~ /^\r?\n$/;
        $head{lc $1} = $2 if $line =~ /^([^:]+):\s*(.*?)\r?\n/;
    }
    # What is compressed could not be read, and what could not be read is not sent.
    return answer($client, '415 Unsupported Media Type', "compressed\n") if exists $head{'content-encoding'};
    return answer($client, '411 Length Required', "chunked alone\n") if lc($head{'transfer-encoding'} // '') ne 'chunked';
    my $engine = IO::Socket::IP->new(PeerHost => $host, PeerPort => $port, Timeout => 20)
        or return answer($client, '502 Bad Gateway', "the engine does not answer\n");
    print {$client} "HTTP/1.1 100 Continue\r\n\r\n" if lc($head{expect} // '') eq '100-continue';
    my $at = $host =~ /:/ ? "[$host]:$port" : "$host:$port";
    print {$engine} "POST $path HTTP/1.1\r\nHost: $at\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nContent-Type: "
        . ($head{'content-type'} // 'application/vnd.fdo.journal') . "\r\n\r\n";
    begin();
    while (defined(my $piece = chunk($client))) {
        my $out = feed($piece);
        next if $out eq '';
        print {$engine} sprintf("%x\r\n", length $out), $out, "\r\n" or return answer($client, '502 Bad Gateway', "the engine went away\n");
    }
    # An entry that is not whole would have been taken for one that is.
    return answer($client, '400 Bad Request', "half an entry\n") if $in ne '' || defined $skip;
    print {$engine} "0\r\n\r\n" or return answer($client, '502 Bad Gateway', "the engine went away\n");
    $engine->flush;
    my $status = <$engine> // '';
    my ($said) = $status =~ m{^HTTP/1\.[01] (\d{3} [^\r\n]*)} or return answer($client, '502 Bad Gateway', "the engine went away\n");
    local $/;
    my $rest = <$engine> // '';
    $rest =~ s/^.*?\r?\n\r?\n//s;
    answer($client, $said, substr $rest, 0, 2000);
}

my $server = IO::Socket::IP->new(Listen => 5, LocalHost => '127.0.0.1', LocalPort => 0) or die "no port: $@\n";
$| = 1;
print $server->sockport, "\n";
while (1) {
    my $client = $server->accept or next;
    binmode $client;
    eval { serve($client); 1 } or warn $@;
    close $client;
}
