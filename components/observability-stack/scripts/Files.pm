# The files in which containerd writes what a node's pods say: ROOT/NAMESPACE_POD_UID/CONTAINER/N.log, and beside it those that were
# rotated, N.log.TIME.
package Files;
use strict;
use warnings;
use Fcntl qw(O_RDONLY O_NOFOLLOW SEEK_SET);
use File::Basename qw(dirname);
use File::Glob qw(bsd_glob);

our $longest = 1 << 20;    # bytes of a line that are looked at
our $moment = qr/\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)/;

# What is there now, each log's files in the order in which they were written.
sub look {
    my ($root) = @_;
    my @files;
    for my $path (bsd_glob("$root/*/*/*.log*")) {
        my ($log, $rotated) = $path =~ m{^(.*/\d+)\.log(?:\.(\d{8}-\d{6}))?\z} or next;
        my ($device, $inode, $length, $written) = (lstat $path)[0, 1, 7, 9] or next;
        next unless -f _;
        push @files, { path => $path, log => $log, order => $rotated // '~', key => "$device:$inode", length => $length, written => $written };
    }
    my $number = sub { $_[0]{log} =~ /(\d+)\z/ ? $1 : 0 };
    return sort { dirname($a->{log}) cmp dirname($b->{log}) || $number->($a) <=> $number->($b) || $a->{order} cmp $b->{order} } @files;
}

# The moment at its beginning tells a file from another that has its inode.
sub first_word {
    my ($handle) = @_;
    sysseek $handle, 0, SEEK_SET;
    sysread $handle, my $text, 40;
    return ($text // '') =~ /^($moment) / ? $1 : '-';
}

# The file, if its name still leads to the one that was seen.
sub opened {
    my ($file) = @_;
    sysopen my $handle, $file->{path}, O_RDONLY | O_NOFOLLOW or return;
    my ($device, $inode) = stat $handle;
    return "$device:$inode" eq $file->{key} ? $handle : undef;
}

# lines HANDLE FROM TO SUB: gives each whole line, with where it begins and where the next does, until SUB says no. Returns what
# is left of a line.
sub lines {
    my ($handle, $from, $to, $each) = @_;
    my ($text, $over, $read) = ('', 0, $from);
    sysseek $handle, $from, SEEK_SET;
    while ($read < $to) {
        my $got = sysread $handle, $text, $to - $read < 65_536 ? $to - $read : 65_536, length $text or last;
        $read += $got;
        my $at = 0;
        while ((my $end = index $text, "\n", $at) >= 0) {
            my $next = $from + $end - $at + 1 + $over;
            return '' unless $each->(substr($text, $at, $end - $at), $from, $next);
            ($at, $from, $over) = ($end + 1, $next, 0);
        }
        substr $text, 0, $at, '';
        next if length $text <= $longest;
        $over += length($text) - $longest;
        substr $text, $longest, length $text, '';
    }
    return $text;
}

1;
