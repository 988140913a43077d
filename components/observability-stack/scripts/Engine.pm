# Hands lines to the log engine, as JSON. What cannot be taken now waits here.
# https://docs.victoriametrics.com/victorialogs/data-ingestion/#json-stream-api
package Engine;
use strict;
use warnings;
use IO::Socket::IP;
use Socket qw(SOL_SOCKET SO_RCVTIMEO SO_SNDTIMEO);

my $patience = pack 'l!l!', 60, 0;    # seconds that an answer may take
my $utf8 = qr/[\x00-\x7f]+|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}
    |\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}/x;
my %named = ("\n" => '\n', "\t" => '\t', "\r" => '\r', '"' => '\"', '\\' => '\\\\');

# row NAME VALUE…: a line with its fields; those without a value are left out.
sub row {
    my @fields;
    while (my ($name, $value) = splice @_, 0, 2) {
        next if !defined $value || $value eq '';
        # The engine looks into no bytes that are no text, and whoever asks it cannot read them.
        $value =~ s/($utf8)|./$1 \/\/ "\xef\xbf\xbd"/gse if $value =~ /[\x80-\xff]/;
        $value =~ s/([\x00-\x1f"\\])/$named{$1} \/\/ sprintf '\u%04x', ord $1/ge;
        push @fields, qq{"$name":"$value"};
    }
    return '{' . join(',', @fields) . "}\n";
}

# new HOST PORT PATH PAUSE: seconds until the next try.
sub new {
    my ($class, $host, $port, $path, $pause) = @_;
    return bless { host => $host, port => $port, path => $path, pause => $pause }, $class;
}

# take ROW…: comes back when the engine has each, but for those that it will never have.
sub take {
    my ($self, @rows) = @_;
    while (1) {
        my $status = eval { $self->post(join '', @rows) } // $@ =~ s/\n\z//r;
        if ($status =~ /^2\d\d$/) {
            warn "the engine takes the pods' logs again\n" if delete $self->{away};
            return;
        }
        # These speak of what was sent: again it would be no better. The half in which it is not is taken.
        if ($status =~ /^(?:400|413|422)$/) {
            if (@rows == 1) {
                warn "the engine refuses a line of a pod ($status): it is left out, and others like it\n" unless $self->{refused}++;
                return;
            }
            my @later = splice @rows, @rows / 2;
            $self->take(@rows);
            @rows = @later;
            next;
        }
        warn "the engine does not take the pods' logs ($status): they wait\n" unless $self->{away}++;
        select undef, undef, undef, $self->{pause};
    }
}

# post TEXT: the status of the answer.
sub post {
    my ($self, $text) = @_;
    my $socket = IO::Socket::IP->new(PeerHost => $self->{host}, PeerPort => $self->{port}, Timeout => 20) or die "no answer\n";
    # One that hangs is one that is away.
    setsockopt $socket, SOL_SOCKET, $_, $patience for SO_RCVTIMEO, SO_SNDTIMEO;
    binmode $socket;
    my $at = $self->{host} =~ /:/ ? "[$self->{host}]" : $self->{host};
    print {$socket} "POST $self->{path} HTTP/1.1\r\nHost: $at:$self->{port}\r\nConnection: close\r\n"
        . "Content-Type: application/stream+json\r\nContent-Length: " . length($text) . "\r\n\r\n", $text
        or die "it went away\n";
    $socket->flush or die "it went away\n";
    my $status = <$socket> // '';
    my ($said) = $status =~ m{^HTTP/1\.[01] (\d{3})} or die "it went away\n";
    return $said;
}

1;
