# Takes secrets out of a text before it leaves the node, and finds the chain of requests that it names: one for all that is carried.
package Secrets;
use strict;
use warnings;

# new FILE CHAIN: a file of expressions (one a line; group 1 and 2 stay, what is between goes), and the expression of the chain,
# whose group 1 is the id.
sub new {
    my ($class, $file, $chain) = @_;
    open my $list, '<', $file or die "$file: $!\n";
    my @patterns = map { chomp; qr/$_/i } <$list>;
    close $list;
    return bless { patterns => \@patterns, chain => qr/$chain/i }, $class;
}

sub redact {
    my ($self, $text) = @_;
    for my $pattern (@{ $self->{patterns} }) {
        $text =~ s/$pattern/$1 . '[redacted]' . (defined $2 ? $2 : '')/ge;
    }
    return $text;
}

# The id of the chain that a text names; empty where it names none.
sub chain {
    my ($self, $text) = @_;
    return $text =~ $self->{chain} ? lc $1 : '';
}

1;
