#!/usr/bin/perl
# Carries what a node's pods say to where logs are kept: follows the files that containerd writes, ROOT/NAMESPACE_POD_UID/CONTAINER/
# N.log, each by its inode, so that what was renamed is read to its end before the new one is begun. How far it has come is noted
# after the engine has said yes: only a batch whose answer was lost is carried twice, and whatever a file still holds is carried.
# What kubelet has packed (.gz) is not read.
# Arguments: the engine's host and port, file of expressions and expression of the chain (Secrets.pm), ROOT, the file in which it is
# noted how far each was carried (a line a file: DEVICE:INODE, bytes, its first moment, where unfinished lines of stdout and of
# stderr begin, path; with tabs between), and the seconds between two looks (2 when not given).
use strict;
use warnings;
use File::Basename qw(dirname);
use IO::Handle;
use POSIX ();
use lib dirname(__FILE__);
use Engine;
use Files;
use Secrets;
$SIG{PIPE} = 'IGNORE';
$ENV{TZ} = 'UTC';
my ($host, $port, $patterns, $chain, $root, $noted, $pause) = @ARGV;
$pause //= 2;

my $patience = 60;               # seconds of silence after which the end of a line is no longer waited for
my $past = 86_400;               # seconds of what was said before this was ever begun
my $batch = 500_000;             # bytes that are sent at once
my @most = (200_000, 40_000);    # bytes of a line that are carried: the engine takes 256 KiB, and JSON may make six of one

my $secrets = Secrets->new($patterns, $chain);
# Of streams there must be few: a Deployment has new pods all the time, and ids are none at all.
my $fields = '_time_field=_time&_msg_field=_msg&_stream_fields=_HOSTNAME,POD_NAMESPACE,CONTAINER_NAME';
my $engine = Engine->new($host, $port, "/insert/jsonline?$fields", $pause);
my $node = (POSIX::uname())[1];
my $moment = $Files::moment;

my %known;    # by DEVICE:INODE: path, at, begins; from (by stream) where it was noted that unfinished lines begin
my %half;     # by log and stream: an unfinished line, its text, time, file, and from (by DEVICE:INODE) where its parts begin
my (@rows, $size, $changed);
$size = 0;

# say FILE TIME STREAM TEXT: puts a line into the batch. One without a word is none, as in the journal.
sub say {
    my ($file, $time, $stream, $text) = @_;
    return if $text eq '';
    my ($pod, $container) = $file->{log} =~ m{([^/]+)/([^/]+)/\d+\z};
    my ($namespace, $name) = $pod =~ /^([^_]+)_([^_]+)_[^_]+\z/;
    my ($priority, $level) = $stream eq 'stderr' ? (4, 'warning') : (6, 'info');
    my $id = $secrets->chain($text);
    $text = $secrets->redact($text);
    my $row;
    for my $most (@most) {
        my $cut = length $text > $most ? substr($text, 0, $most) . "… [cut after $most bytes]" : $text;
        $row = Engine::row(
            _time => $time, _msg => $cut, _HOSTNAME => $node,
            POD_NAMESPACE => $namespace, POD_NAME => $name // $pod, CONTAINER_NAME => $container,
            SYSLOG_IDENTIFIER => $container, PRIORITY => $priority, level => $level, CORRELATION_ID => $id,
        );
        last if length $row < 255_000;
    }
    push @rows, $row;
    $size += length $row;
}

# Ends a line whose end has not come.
sub end {
    my ($log, $stream) = @_;
    my $half = delete $half{$log}{$stream} or return;
    $changed = 1;
    say($half->{file}, $half->{time}, $stream, $half->{text});
}

# part FILE TIME STREAM TEXT FROM: puts it to what came before.
sub part {
    my ($file, $time, $stream, $text, $from) = @_;
    my $half = $half{ $file->{log} }{$stream} //= { text => '', time => $time, file => $file, from => {} };
    $half->{from}{ $file->{key} } //= $from;
    $half->{text} .= $text if length $half->{text} < $Files::longest;
}

# hear FILE LINE FROM: TIME STREAM P|F TEXT; what is of another kind is carried as it is.
sub hear {
    my ($file, $line, $from) = @_;
    if ($line =~ /^($moment) (stdout|stderr) ([PF])(?::\S*)? (.*)\z/s) {
        my ($time, $stream, $tag, $text) = ($1, $2, $3, $4);
        $known{ $file->{key} }{time} = $time;
        return part($file, $time, $stream, $text, $from) if $tag eq 'P';
        my $half = delete $half{ $file->{log} }{$stream};
        return say($file, $half ? ($half->{time}, $stream, $half->{text} . $text) : ($time, $stream, $text));
    }
    # 0 is the engine's own clock.
    say($file, $known{ $file->{key} }{time} // '0', 'stdout', $line);
}

# follow FILE: reads on where it was left.
sub follow {
    my ($file) = @_;
    my ($key, $length) = @$file{qw(key length)};
    my $one = $known{$key};
    if (!$one || dirname($one->{path}) ne dirname($file->{path})) {
        $one = $known{$key} = { at => 0, begins => '-' };
    }
    ($one->{path}, $changed) = ($file->{path}, 1) if ($one->{path} // '') ne $file->{path};
    my $idle = time - $file->{written} > $patience;
    my $same = $length == $one->{at} || (!$idle && $length == ($one->{tried} // -1));
    return if $same && !$one->{from};
    my $handle = Files::opened($file) or return;
    my $begins = Files::first_word($handle);
    if ($length < $one->{at} || ($one->{at} > 0 && $begins ne $one->{begins})) {
        for my $stream (qw(stdout stderr)) {
            my $half = $half{ $file->{log} }{$stream};
            end($file->{log}, $stream) if $half && exists $half->{from}{$key};
        }
        @$one{qw(at from)} = (0, undef);
        $changed = 1;
    }
    $one->{begins} = $begins;
    if (my $from = delete $one->{from}) {
        my ($first) = sort { $a <=> $b } values %$from;
        Files::lines($handle, $first, $one->{at}, sub {
            my ($line, $start) = @_;
            part($file, $1, $2, $3, $start)
                if $line =~ /^($moment) (stdout|stderr) P(?::\S*)? (.*)\z/s && exists $from->{$2} && $start >= $from->{$2};
            return 1;
        });
    }
    my $rest = Files::lines($handle, $one->{at}, $length, sub {
        my ($line, $start, $next) = @_;
        hear($file, $line, $start);
        ($one->{at}, $changed) = ($next, 1);
        carry() if $size >= $batch;
        return 1;
    });
    return if $rest eq '';
    if ($idle) {
        hear($file, $rest, $one->{at});
        ($one->{at}, $changed) = ($length, 1);
    } else {
        $one->{tried} = $length;
    }
}

# Sends what is there, and notes how far that is.
sub carry {
    $engine->take(@rows) if @rows;
    @rows = ();
    $size = 0;
    return unless $changed;
    my $told;
    until (eval { note(); 1 }) {
        warn "how far pods' logs were carried cannot be noted: $@" unless $told++;
        select undef, undef, undef, $pause;
    }
    $changed = 0;
}

sub note {
    my %from;
    for my $log (values %half) {
        for my $stream (keys %$log) {
            $from{$_}{$stream} = $log->{$stream}{from}{$_} for keys %{ $log->{$stream}{from} };
        }
    }
    open my $out, '>', "$noted.new" or die "$!\n";
    for my $key (sort keys %known) {
        my $from = $from{$key} // $known{$key}{from} // {};
        print {$out} join("\t", $key, @{ $known{$key} }{qw(at begins)}, map({ $from->{$_} // '-' } qw(stdout stderr)), $known{$key}{path}), "\n"
            or die "$!\n";
    }
    $out->flush && $out->sync && close $out or die "$!\n";
    rename "$noted.new", $noted or die "$!\n";
}

sub recall {
    open my $in, '<', $noted or return;
    while (my $line = <$in>) {
        chomp $line;
        my ($key, $at, $begins, $stdout, $stderr, $path) = split /\t/, $line, 6;
        next unless defined $path && $at =~ /^\d+\z/;
        my %from = (stdout => $stdout, stderr => $stderr);
        delete $from{$_} for grep { $from{$_} !~ /^\d+\z/ } keys %from;
        $known{$key} = { path => $path, at => $at, begins => $begins, from => %from ? \%from : undef };
    }
    return 1;
}

# The first time: where the last day begins in each file.
sub begin {
    my $since = time - $past;
    for my $file (Files::look($root)) {
        my $one = $known{ $file->{key} } = { path => $file->{path}, at => $file->{length}, begins => '-' };
        my $handle = Files::opened($file) or next;
        $one->{begins} = Files::first_word($handle);
        next if $file->{written} < $since;
        $one->{at} = 0;
        Files::lines($handle, 0, $file->{length}, sub {
            my ($line, undef, $next) = @_;
            return if $line =~ /^(\d+)-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\S*? / && POSIX::mktime($6, $5, $4, $3, $2 - 1, $1 - 1900) >= $since;
            return $one->{at} = $next;
        });
    }
    $changed = 1;
    carry();
}

my $told;
recall() or begin();
while (1) {
    if (!-d $root) {
        warn "$root is not there: no pods' logs are carried\n" unless $told++;
    } else {
        my @files = Files::look($root);
        my %there = map { $_->{key} => 1 } @files;
        # One that was renamed meanwhile would be missing.
        @files = Files::look($root) if grep { !$there{$_} } keys %known;
        $there{ $_->{key} } = 1 for @files;
        follow($_) for @files;
        for my $key (keys %known) {
            $known{$key}{missed} = $there{$key} ? 0 : ($known{$key}{missed} // 0) + 1;
            if ($known{$key}{missed} > 1) { delete $known{$key}; $changed = 1 }
        }
        my %written = map { $_->{log} => $_->{written} } @files;
        for my $log (keys %half) {
            if (time - ($written{$log} // 0) > $patience) { end($log, $_) for keys %{ $half{$log} } }
            delete $half{$log} unless %{ $half{$log} };
        }
        carry();
        # That there is nothing to carry is news, too: node.sh looks at the time of this file.
        utime undef, undef, $noted;
    }
    select undef, undef, undef, $pause;
}
